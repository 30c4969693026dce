import {
  type Attributes,
  type Context,
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  trace,
} from "@opentelemetry/api";
import { messageOf } from "./errors.ts";

/**
 * Traces, exported by OTLP over HTTP when OTEL_EXPORTER_OTLP_ENDPOINT says where to (the
 * OpenTelemetry environment variables). Otherwise no SDK is loaded, and each call here does next to nothing.
 * @returns sends what is left
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
  /** The `traceparent` of the span that this one belongs under (W3C Trace Context); none: the active one. */
  readonly parent?: string | undefined;
  readonly kind?: "server" | "consumer" | "internal";
  readonly attributes?: Attributes;
}

const KINDS = { server: SpanKind.SERVER, consumer: SpanKind.CONSUMER, internal: SpanKind.INTERNAL };
const TRACEPARENT: TextMapGetter<string> = {
  keys: () => ["traceparent"],
  get: (carrier, key) => (key === "traceparent" ? carrier : undefined),
};
const under = (parent: string | undefined): Context =>
  parent === undefined ? context.active() : propagation.extract(context.active(), parent, TRACEPARENT);
const tracer = () => trace.getTracer("lookalike");

/** Does the work inside a span, which ends with it and has its error. */
export const inSpan = <Result>(
  name: string,
  { parent, kind = "internal", attributes = {} }: SpanOptions,
  work: () => Promise<Result>,
): Promise<Result> =>
  tracer().startActiveSpan(name, { kind: KINDS[kind], attributes }, under(parent), async (span) => {
    try {
      return await work();
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
      throw error;
    } finally {
      span.end();
    }
  });

/** A span whose end is told later, and what runs under it. */
export const openSpan = (name: string, { parent, kind = "internal", attributes = {} }: SpanOptions) => {
  const above = under(parent);
  const span: Span = tracer().startSpan(name, { kind: KINDS[kind], attributes }, above);
  return {
    run: (work: () => void): void => context.with(trace.setSpan(above, span), work),
    end: (more: Attributes): void => {
      span.setAttributes(more);
      span.end();
    },
  };
};

/** The active span as a `traceparent`, for what goes on elsewhere; undefined when nothing is traced. */
export const activeTraceparent = (): string | undefined => {
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent;
};

/** Of the active span, for logs. */
export const activeTraceId = (): string | undefined => trace.getActiveSpan()?.spanContext().traceId;
