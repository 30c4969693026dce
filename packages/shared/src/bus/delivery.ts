import type { JsMsg } from "nats";
import { messageWaitSeconds, redeliveries } from "../runtime/metrics.ts";
import { jsonOf } from "./payload.ts";

/** What a handler gets of a message. Its body is undefined where the payload is not JSON. */
export const deliveryOf = (message: JsMsg) => ({
  body: jsonOf(message.string()),
  subject: message.subject,
  stream: message.info.stream,
  sequence: message.info.streamSequence,
  /** Differs from every other message's, also of a stream that was lost and counts from 1 again. */
  id: `${message.info.stream}:${message.info.streamSequence}:${message.info.timestampNanos}`,
  /** 1 for the first delivery. */
  deliveryCount: message.info.deliveryCount,
});

/** One delivery of a message, independent of the client library. */
export type Delivery = Readonly<ReturnType<typeof deliveryOf>>;

/** Measures how often a message was delivered, and how long it waited. */
export const recordDelivery = ({ info: { consumer, deliveryCount, timestampNanos } }: JsMsg): void => {
  redeliveries.inc({ consumer }, deliveryCount > 1 ? 1 : 0);
  if (deliveryCount > 1) return;
  messageWaitSeconds.observe({ consumer }, Math.max(0, Date.now() / 1_000 - timestampNanos / 1e9));
};

const MAX_RETRY_DELAY_MS = 60_000;

/**
 * How long a failed message waits, twice as long after each delivery, with jitter. Rounded, because nats-server ignores a delay with a fraction of a millisecond
 * and redelivers at once.
 */
export const retryDelayMs = (deliveryCount: number): number =>
  Math.round(Math.min(1_000 * 2 ** (deliveryCount - 1), MAX_RETRY_DELAY_MS) * (0.75 + Math.random() / 2));
