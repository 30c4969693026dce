import { z } from "zod";
import { type Endpoint, EndpointError, endpoint, NO_REPLY } from "../bus/endpoints.ts";
import { LogLevel, VERSION } from "../runtime/config.ts";
import type { Logger } from "../runtime/log.ts";

/** A service that is running. */
export interface Running {
  /** Stops when the work in progress is done. Called once. */
  stop(): Promise<void>;
  /** Stops taking work, in a way that an operator can undo; left out: the same as `stop`. */
  drain?(): Promise<void>;
  /** What `status` reports of this instance. */
  status(): Promise<Record<string, unknown>>;
  /** Its endpoints for operators, besides those of every service. */
  readonly endpoints: readonly Endpoint[];
}

const EVERY = "all";
/** A request to one instance, by the name that `status` reports. The other instances do not reply. */
export const InstanceRequest = z.object({
  instance: z.string().meta({ description: "An instance as status names it, or all" }),
});

/** A handler that runs only in the requested instance. */
export const forInstance =
  <Request extends { instance: string }>(name: string, handle: (request: Request) => Promise<unknown>) =>
  async (request: Request): Promise<unknown> =>
    request.instance === EVERY || request.instance === name ? handle(request) : NO_REPLY;

/** The endpoints of every service: its status, its log level, and draining. */
export const commonEndpoints = (
  name: string,
  service: string,
  { drain, status }: Required<Pick<Running, "drain" | "status">>,
  log: Logger,
): Endpoint[] => {
  const startedAt = new Date().toISOString();
  let state: "working" | "draining" | "drained" = "working";
  return [
    endpoint({
      name: "status",
      about: "What this instance is doing",
      answers: "each",
      request: z.object({}),
      handle: async () => ({
        instance: name,
        service,
        version: VERSION,
        state,
        startedAt,
        logLevel: log.level,
        memoryBytes: process.memoryUsage.rss(),
        ...(await status()),
      }),
    }),
    endpoint({
      name: "log-level",
      about: "Change how much is logged, until the instance restarts",
      answers: "each",
      request: InstanceRequest.extend({ level: LogLevel }),
      handle: forInstance(name, async ({ level }) => {
        log.level = level;
        return { instance: name, logLevel: level };
      }),
    }),
    endpoint({
      name: "drain",
      about: "Take no more work; answers when the work in progress is done",
      answers: "each",
      request: InstanceRequest,
      handle: forInstance(name, async () => {
        if (state === "draining") throw new EndpointError(409, `${name} is draining already.`);
        state = "draining";
        log.warn("draining");
        await drain();
        state = "drained";
        log.warn("drained");
        return { instance: name, state };
      }),
    }),
  ];
};
