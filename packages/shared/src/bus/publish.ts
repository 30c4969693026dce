import { headers, NatsError } from "nats";
import pRetry from "p-retry";
import { z } from "zod";
import type { Message } from "../domain/job/message.ts";
import { publishRetries } from "../runtime/metrics.ts";
import type { Bus } from "./connect.ts";
import { jsonOf } from "./payload.ts";

const Identified = z.object({ eventId: z.string() });

const WRONG_LAST_SEQUENCE = 10071;
const MAX_MESSAGES_PER_SUBJECT = 10077;

/**
 * Stores a message in its stream. A time-out is an unknown outcome, so it is tried again with the
 * same id until the server answers.
 */
export const publish = async (bus: Bus, message: Message): Promise<void> => {
  await pRetry(() => attempt(bus, message), {
    retries: 10,
    minTimeout: 50,
    maxTimeout: 5_000,
    randomize: true,
    onFailedAttempt: () => publishRetries.inc({ stream: message.stream }),
    shouldRetry: ({ error }) => !(error instanceof NatsError && isRefusal(error)),
  });
};

/**
 * Stores a message in a write-once subject. True when this message is the one stored there, now or
 * by an earlier try; false when another one was first.
 */
export const publishOnce = async (bus: Bus, message: Message): Promise<boolean> => {
  try {
    await publish(bus, message);
    return true;
  } catch (error) {
    if (!(error instanceof NatsError) || !isTaken(error)) throw error;
    // From the stream's leader: a direct get may be answered by a replica that lags.
    const stored = await bus.jsm.streams.getMessage(message.stream, { last_by_subj: message.subject });
    return Identified.safeParse(jsonOf(stored.string())).data?.eventId === message.eventId;
  }
};

const attempt = async (bus: Bus, { subject, eventId, stream, body }: Message): Promise<void> => {
  const carried = headers();
  carried.set("lookalike-producer", bus.name);
  if (typeof body["traceparent"] === "string") carried.set("traceparent", body["traceparent"]);
  await bus.js.publish(subject, JSON.stringify(body), {
    msgID: eventId,
    headers: carried,
    expect: { streamName: stream },
  });
};

const isTaken = (error: NatsError): boolean =>
  [WRONG_LAST_SEQUENCE, MAX_MESSAGES_PER_SUBJECT].includes(error.api_error?.err_code ?? 0);

/** An answer that another try would only get again: write-once, payload too large, bad subject. */
const isRefusal = (error: NatsError): boolean =>
  isTaken(error) || error.code === "MAX_PAYLOAD_EXCEEDED" || error.code === "BAD_SUBJECT";
