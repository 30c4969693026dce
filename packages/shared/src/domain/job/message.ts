import { z } from "zod";
import { imageOnWire } from "../image/listed-image.ts";
import { JobEvent } from "./events.ts";

/** A message ready to be published: what the outbox holds and the relay sends. */
export interface Message {
  readonly eventId: string;
  readonly stream: string;
  readonly subject: string;
  readonly body: Record<string, unknown>;
}

/**
 * An event in its wire form, bytes as base64. The rows of a listing are not checked here: there are
 * millions of them, and the reader checks each.
 * @throws ZodError when the body of another event does not fit its schema
 */
export const encodeEvent = (event: JobEvent): Record<string, unknown> =>
  event.type === "images-listed"
    ? { ...event, body: { images: event.body.images.map(imageOnWire) } }
    : z.encode(JobEvent, event);

/** An event from its wire form; null where its version or shape is unknown, and the reader parks it. */
export const decodeEvent = (wire: unknown): JobEvent | null => {
  const parsed = JobEvent.safeParse(wire);
  return parsed.success ? parsed.data : null;
};
