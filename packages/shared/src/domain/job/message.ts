import { z } from "zod";
import { imageOnWire } from "../image/listed-image.ts";
import { type EventOf, JobEvent, type JobEventType } from "./events.ts";

/** A message ready to be published: what the outbox holds and the relay sends. */
export interface Message {
  readonly eventId: string;
  readonly stream: string;
  readonly subject: string;
  readonly body: Record<string, unknown>;
}

interface Origin {
  readonly tenant: string;
  readonly job: string;
  readonly run: number;
  readonly attempt: number;
  /** W3C Trace Context: the span that this came out of. */
  readonly traceparent?: string | undefined;
}

/**
 * An event in its wire form, bytes as base64. A listing's rows are not checked here as well: millions of them are
 * checked where they are read.
 * @throws ZodError when the body of another event does not fit its own schema
 */
export const encodeEvent = <Type extends JobEventType>(
  type: Type,
  { tenant, job, run, attempt, traceparent }: Origin,
  eventId: string,
  at: Date,
  body: EventOf<Type>["body"],
): Record<string, unknown> => {
  const event = {
    ...{ v: 1, type, eventId, tenant, job, run, attempt, at: at.toISOString() },
    ...(traceparent === undefined ? {} : { traceparent }),
    body,
  } as JobEvent;
  return event.type === "images-listed"
    ? { ...event, body: { images: event.body.images.map(imageOnWire) } }
    : z.encode(JobEvent, event);
};

/** An event from its wire form, or null where version or shape are unknown: to be parked, not dropped. */
export const decodeEvent = (wire: unknown): JobEvent | null => {
  const parsed = JobEvent.safeParse(wire);
  return parsed.success ? parsed.data : null;
};
