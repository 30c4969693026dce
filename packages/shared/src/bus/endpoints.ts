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
import { messageOf } from "../runtime/errors.ts";
import type { Logger } from "../runtime/log.ts";
import { endpointSeconds } from "../runtime/metrics.ts";
import { VERSION } from "../runtime/version.ts";
import type { Bus } from "./connect.ts";

/** Something an operator may ask a service for, by `nats request lookalike.svc.<service>.<name>`. */
export interface Endpoint {
  readonly name: string;
  readonly about: string;
  /** JSON of the request; none at all is `{}`. */
  readonly request: z.ZodType;
  /** Whether one instance answers for all, or each for itself. */
  readonly answers: "one" | "each";
  readonly handle: (request: unknown) => Promise<unknown>;
}

/** An endpoint whose handler has the type of its schema. */
export const endpoint = <Schema extends z.ZodType>(
  given: Omit<Endpoint, "request" | "handle"> & {
    readonly request: Schema;
    readonly handle: (request: z.infer<Schema>) => Promise<unknown>;
  },
): Endpoint => ({ ...given, handle: (request) => given.handle(request as z.infer<Schema>) });

/** What the one who asks can mend: answered as a micro error of this code, as HTTP has them. */
export class EndpointError extends Error {
  override readonly name = "EndpointError";
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** The answer of an instance that the request did not mean. */
export const NO_REPLY = Symbol("silence");

interface Counts {
  requests: number;
  errors: number;
  milliseconds: number;
  lastError: string;
}

/**
 * Makes a service known to `nats micro` with its endpoints (ADR-32 of nats-architecture-and-design).
 * @param service name of the service: `coordinator`, `hasher`, `comparer` or `api`
 */
export const serveEndpoints = async (
  bus: Bus,
  service: string,
  endpoints: readonly Endpoint[],
  log: Logger,
): Promise<void> => {
  const counts = new Map<string, Counts>();
  const micro = await bus.connection.services.add({
    name: `lookalike-${service}`,
    version: VERSION,
    description: `Lookalike's ${service}`,
    metadata: { instance: bus.name },
    statsHandler: async (known: MicroEndpoint) => {
      correct(known, counts);
      return undefined;
    },
  });
  const group = micro.addGroup(`lookalike.svc.${service}`);
  for (const { name, about, request, answers, handle } of endpoints) {
    const counted: Counts = { requests: 0, errors: 0, milliseconds: 0, lastError: "" };
    counts.set(`lookalike.svc.${service}.${name}`, counted);
    const answer = async (message: ServiceMsg): Promise<void> => {
      const started = performance.now();
      let outcome = "ok";
      try {
        const result = await handle(parse(request, message));
        if (result !== NO_REPLY) message.respond(JSON.stringify(result));
      } catch (error) {
        const mendable = error instanceof EndpointError;
        outcome = mendable ? "refused" : "failed";
        counted.errors += 1;
        counted.lastError = messageOf(error);
        if (!mendable) log.error({ endpoint: name, err: error }, "endpoint failed");
        respondError(message, mendable ? error.code : 500, messageOf(error));
      } finally {
        const milliseconds = performance.now() - started;
        counted.requests += 1;
        counted.milliseconds += milliseconds;
        endpointSeconds.observe({ endpoint: name, outcome }, milliseconds / 1_000);
        log.info({ endpoint: name, outcome, milliseconds: Math.round(milliseconds) }, "operator's request");
      }
    };
    group.addEndpoint(name, {
      metadata: { about, answers, request: signatureOf(request) },
      // Instances that answer each for themselves have a queue group of their own.
      ...(answers === "each" ? { queue: bus.name.replaceAll(/[^\w-]/g, "_") } : {}),
      handler: (error: NatsError | null, message: ServiceMsg) => {
        if (error !== null) return;
        // The connection may close before the answer is sent.
        answer(message).catch((failure: unknown) => log.error({ endpoint: name, err: failure }, "no answer was sent"));
      },
    });
  }
};

/** What a request may say, short enough for `nats micro info`: `{job, kind?, task?} or {deadLetter}`. */
const signatureOf = (schema: z.ZodType): string => {
  const json = z.toJSONSchema(schema, { io: "input" });
  const signature = ({ properties = {}, required = [] }: { properties?: object; required?: string[] }): string =>
    `{${Object.keys(properties)
      .map((name) => (required.includes(name) ? name : `${name}?`))
      .join(", ")}}`;
  return (json.anyOf ?? [json]).map(signature).join(" or ");
};

/**
 * nats.js counts a handler's synchronous part (service.js, setupHandler), and no error that is
 * thrown later; the endpoint it hands to `statsHandler` holds the counters it will report.
 */
const correct = (known: MicroEndpoint, counts: ReadonlyMap<string, Counts>): void => {
  const { stats } = known as unknown as { stats: Record<string, number | string> };
  const counted = counts.get(known.subject);
  if (counted === undefined) return;
  stats["num_requests"] = counted.requests;
  stats["num_errors"] = counted.errors;
  stats["last_error"] = counted.lastError;
  stats["processing_time"] = Math.round(nanos(counted.milliseconds));
  stats["average_processing_time"] = Math.round(nanos(counted.milliseconds) / Math.max(1, counted.requests));
};

const parse = (schema: z.ZodType, message: ServiceMsg): unknown => {
  const text = message.string();
  let json: unknown;
  try {
    json = text.trim() === "" ? {} : JSON.parse(text);
  } catch {
    throw new EndpointError(400, 'The request is no JSON. Send an object, as {"job": "…"}, or nothing.');
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message: text }) => `${path.join(".") || "request"}: ${text}`);
  throw new EndpointError(400, problems.join("; "));
};

const respondError = (message: ServiceMsg, code: number, text: string): void => {
  const carried = headers();
  carried.set(ServiceErrorCodeHeader, String(code));
  // A header is one line.
  carried.set(ServiceErrorHeader, text.replaceAll(/\s+/g, " ").slice(0, 1_000));
  message.respond(JSON.stringify({ error: { code, message: text } }), { headers: carried });
};
