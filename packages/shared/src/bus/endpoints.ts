import {
  headers,
  type Endpoint as MicroEndpoint,
  type NatsError,
  nanos,
  ServiceErrorCodeHeader,
  ServiceErrorHeader,
  type ServiceMsg,
} from "nats";
import { z } from "zod";
import { VERSION } from "../runtime/config.ts";
import { messageOf } from "../runtime/errors.ts";
import type { Logger } from "../runtime/log.ts";
import { endpointSeconds } from "../runtime/metrics.ts";
import type { Bus } from "./connect.ts";
import { jsonOf } from "./payload.ts";

/** A request that an operator may send to a service: `nats request lookalike.svc.<service>.<name>`. */
export interface Endpoint {
  readonly name: string;
  readonly about: string;
  /** The request's JSON. An empty payload is `{}`. */
  readonly request: z.ZodType;
  /** Whether each instance answers for itself; left out: one answers for all. */
  readonly answers?: "each";
  readonly handle: (request: unknown) => Promise<unknown>;
}

/** An endpoint whose handler gets what its schema gives. */
export const endpoint = <Schema extends z.ZodType>(
  options: Omit<Endpoint, "request" | "handle"> & {
    readonly request: Schema;
    readonly handle: (request: z.infer<Schema>) => Promise<unknown>;
  },
): Endpoint => ({ ...options, handle: (request) => options.handle(request as z.infer<Schema>) });

/** An error that the operator can correct. It is sent as a micro error with a code as in HTTP. */
export class EndpointError extends Error {
  override readonly name = "EndpointError";
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** The result of an instance that the request does not address. */
export const NO_REPLY = Symbol("no reply");

/** The statistics of an endpoint without requests, by the names in ADR-32; times in nanoseconds. */
const NO_REQUESTS = { num_requests: 0, num_errors: 0, last_error: "", processing_time: 0, average_processing_time: 0 };

/**
 * Registers a service and its endpoints for `nats micro` (ADR-32 of nats-architecture-and-design).
 * @param service name of the service: `coordinator`, `hasher`, `comparer` or `api`
 */
export const serveEndpoints = async (
  bus: Bus,
  service: string,
  endpoints: readonly Endpoint[],
  log: Logger,
): Promise<void> => {
  const statistics = new Map<string, typeof NO_REQUESTS>();
  const micro = await bus.connection.services.add({
    name: `lookalike-${service}`,
    version: VERSION,
    description: `Lookalike's ${service}`,
    metadata: { instance: bus.name },
    // nats.js measures only the synchronous part of a handler, and does not count errors that are thrown
    // later (service.js, setupHandler), so what it is about to report is replaced.
    statsHandler: async (served: MicroEndpoint) => {
      Object.assign((served as unknown as { stats: object }).stats, statistics.get(served.subject));
      return undefined;
    },
  });
  const group = micro.addGroup(`lookalike.svc.${service}`);
  for (const { name, about, request, answers = "one", handle } of endpoints) {
    const totals = { ...NO_REQUESTS };
    statistics.set(`lookalike.svc.${service}.${name}`, totals);
    const answer = async (message: ServiceMsg): Promise<void> => {
      const started = performance.now();
      let outcome = "ok";
      try {
        const result = await handle(parse(request, message));
        if (result !== NO_REPLY) message.respond(JSON.stringify(result));
      } catch (error) {
        const isRefused = error instanceof EndpointError;
        outcome = isRefused ? "refused" : "failed";
        totals.num_errors += 1;
        totals.last_error = messageOf(error);
        if (!isRefused) log.error({ endpoint: name, err: error }, "endpoint failed");
        respondError(message, isRefused ? error.code : 500, messageOf(error));
      } finally {
        const milliseconds = performance.now() - started;
        totals.num_requests += 1;
        totals.processing_time += Math.round(nanos(milliseconds));
        totals.average_processing_time = Math.round(totals.processing_time / totals.num_requests);
        endpointSeconds.observe({ endpoint: name, outcome }, milliseconds / 1_000);
        log.info({ endpoint: name, outcome, milliseconds: Math.round(milliseconds) }, "operator's request");
      }
    };
    group.addEndpoint(name, {
      metadata: { about, answers, request: signatureOf(request) },
      // Where each instance answers, each has a queue group of its own.
      ...(answers === "each" ? { queue: bus.name.replaceAll(/[^\w-]/g, "_") } : {}),
      handler: (error: NatsError | null, message: ServiceMsg) => {
        if (error !== null) return;
        // The connection may close before the answer is sent.
        answer(message).catch((failure: unknown) => log.error({ endpoint: name, err: failure }, "no answer was sent"));
      },
    });
  }
};

/** The fields of a request in one line for `nats micro info`: `{job, kind?, task?} or {deadLetter}`. */
const signatureOf = (schema: z.ZodType): string => {
  const json = z.toJSONSchema(schema, { io: "input" });
  const signature = ({ properties = {}, required = [] }: { properties?: object; required?: string[] }): string =>
    `{${Object.keys(properties)
      .map((name) => (required.includes(name) ? name : `${name}?`))
      .join(", ")}}`;
  return (json.anyOf ?? [json]).map(signature).join(" or ");
};

const parse = (schema: z.ZodType, message: ServiceMsg): unknown => {
  const text = message.string();
  const json = text.trim() === "" ? {} : jsonOf(text);
  if (json === undefined)
    throw new EndpointError(400, 'The request is not JSON. Send an object like {"job": "…"}, or nothing.');
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    ({ path, message: problem }) => `${path.join(".") || "request"}: ${problem}`,
  );
  throw new EndpointError(400, problems.join("; "));
};

const respondError = (message: ServiceMsg, code: number, text: string): void => {
  const errorHeaders = headers();
  errorHeaders.set(ServiceErrorCodeHeader, String(code));
  // A header has one line.
  errorHeaders.set(ServiceErrorHeader, text.replaceAll(/\s+/g, " ").slice(0, 1_000));
  message.respond(JSON.stringify({ error: { code, message: text } }), { headers: errorHeaders });
};
