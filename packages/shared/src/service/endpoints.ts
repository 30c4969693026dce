import { z } from "zod";
import { type Endpoint, EndpointError, endpoint, NO_REPLY } from "../bus/endpoints.ts";
import { LogLevel } from "../runtime/config.ts";
import type { Logger } from "../runtime/log.ts";
import { VERSION } from "../runtime/version.ts";

/** A service at work. */
export interface Running {
  /** Ends the work when what is in hand is done. Called once. */
  stop(): Promise<void>;
  /** Takes no more work, so that it can be taken up again; left out: as `stop`. */
  drain?(): Promise<void>;
  /** What `status` says of this instance. */
  status(): Promise<Record<string, unknown>>;
  /** What operators may ask of it, beside what all services answer. */
  readonly endpoints: readonly Endpoint[];
}

interface Instance {
  readonly name: string;
  readonly service: string;
  readonly startedAt: Date;
}

const EVERY = "all";
/** Which instance is meant, as `status` names it; the others keep silent. */
export const InstanceRequest = z.object({
  instance: z.string().meta({ description: "An instance as status names it, or all" }),
});

/** Makes a handler that only the instance that is meant runs. */
export const forInstance =
  <Request extends { instance: string }>(name: string, handle: (request: Request) => Promise<unknown>) =>
  async (request: Request): Promise<unknown> =>
    request.instance === EVERY || request.instance === name ? handle(request) : NO_REPLY;

/** What every service answers: how it is, how much it says, and to take no more work. */
export const commonEndpoints = (
  { name, service, startedAt }: Instance,
  { drain, status }: Required<Pick<Running, "drain" | "status">>,
  log: Logger,
): Endpoint[] => {
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
        startedAt: startedAt.toISOString(),
        logLevel: log.level,
        memoryBytes: process.memoryUsage.rss(),
        ...(await status()),
      }),
    }),
    endpoint({
      name: "log-level",
      about: "Change how much is logged, until it restarts",
      answers: "each",
      request: InstanceRequest.extend({ level: LogLevel }),
      handle: forInstance(name, async ({ level }) => {
        log.level = level;
        return { instance: name, logLevel: level };
      }),
    }),
    endpoint({
      name: "drain",
      about: "Take no more work; answers when nothing is in hand",
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
