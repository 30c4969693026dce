import {
  type Attributes,
  type Context,
  context,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { messageOf } from "./errors.ts";
import { redact } from "./redact.ts";

/**
 * Exports traces by OTLP over HTTP to OTEL_EXPORTER_OTLP_ENDPOINT (an environment variable of
 * OpenTelemetry). Without it no SDK is loaded, and the other functions here do next to nothing.
 * @returns sends the remaining spans
 */
export const startTracing = async (service: string, version: string): Promise<() => Promise<void>> => {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: exact } = process.env;
  if (!base && !exact) return async () => undefined;
  const [{ BatchSpanProcessor, NodeTracerProvider }, { OTLPTraceExporter }, { resourceFromAttributes }] =
    await Promise.all([
      import("@opentelemetry/sdk-trace-node"),
      import("@opentelemetry/exporter-trace-otlp-http"),
      import("@opentelemetry/resources"),
    ]);
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ "service.name": `lookalike-${service}`, "service.version": version }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  provider.register();
  return () => provider.shutdown();
};

interface SpanOptions {
  /** The `traceparent` of the parent span (W3C Trace Context); left out: the active span is the parent. */
  readonly parent?: string | undefined;
  readonly kind?: "server" | "consumer" | "internal";
  readonly attributes?: Attributes;
}

const KINDS = { server: SpanKind.SERVER, consumer: SpanKind.CONSUMER, internal: SpanKind.INTERNAL };
const contextUnder = (parent: string | undefined): Context =>
  parent === undefined ? context.active() : propagation.extract(context.active(), { traceparent: parent });
const redacted = (attributes: Attributes): Attributes =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, typeof value === "string" ? redact(value) : value]),
  );
const tracer = () => trace.getTracer("lookalike");

/** Does the work inside a span, which ends with the work and records its error. */
export const inSpan = <Result>(
  name: string,
  { parent, kind = "internal", attributes = {} }: SpanOptions,
  work: () => Promise<Result>,
): Promise<Result> =>
  tracer().startActiveSpan(
    name,
    { kind: KINDS[kind], attributes: redacted(attributes) },
    contextUnder(parent),
    async (span) => {
      try {
        return await work();
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
        throw error;
      } finally {
        span.end();
      }
    },
  );

/** A span that the caller ends, and a function that runs work under it. */
export const openSpan = (name: string, { parent, kind = "internal", attributes = {} }: SpanOptions) => {
  const parentContext = contextUnder(parent);
  const span = tracer().startSpan(name, { kind: KINDS[kind], attributes: redacted(attributes) }, parentContext);
  return {
    run: (work: () => void): void => context.with(trace.setSpan(parentContext, span), work),
    end: (finalAttributes: Attributes): void => {
      span.setAttributes(redacted(finalAttributes));
      span.end();
    },
  };
};

/** The active span as a `traceparent`, for work in another process; undefined when nothing is traced. */
export const activeTraceparent = (): string | undefined => {
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent;
};

/** The active span's trace id, for logs; undefined when nothing is traced. */
export const activeTraceId = (): string | undefined => trace.getActiveSpan()?.spanContext().traceId;
