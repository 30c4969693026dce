import { headers, NatsError } from "nats";
import pRetry from "p-retry";
import { z } from "zod";
import type { Message } from "../domain/job/events.ts";
import { publishRetries } from "../runtime/metrics.ts";
import type { Bus } from "./connect.ts";
import { jsonOf } from "./payload.ts";

const Identified = z.object({ eventId: z.string() });

/** Error codes of a write-once subject that has a message: wrong last sequence, too many messages of the subject. */
const TAKEN: ReadonlySet<number | undefined> = new Set([10071, 10077]);

/**
 * Stores a message in its stream. After a time-out the outcome is unknown, so the message is sent
 * again with the same id until the server answers.
 * @returns whether the stream has taken a message of this id before, by this or by an earlier call
 */
export const publish = (bus: Bus, message: Message): Promise<{ readonly isDuplicate: boolean }> =>
  pRetry(() => attempt(bus, message), {
    retries: 10,
    minTimeout: 50,
    maxTimeout: 5_000,
    randomize: true,
    onFailedAttempt: () => publishRetries.inc({ stream: message.stream }),
    shouldRetry: ({ error }) => !(error instanceof NatsError && isRefusal(error)),
  });

/**
 * Stores a message in a write-once subject.
 * @returns true when this message is the stored one, by this or by an earlier attempt; false when another
 * message was first
 */
export const publishOnce = async (bus: Bus, message: Message): Promise<boolean> => {
  try {
    await publish(bus, message);
    return true;
  } catch (error) {
    if (!(error instanceof NatsError) || !isTaken(error)) throw error;
    // The stream's leader answers this request; a direct get may come from a replica that lags.
    const stored = await bus.jsm.streams.getMessage(message.stream, { last_by_subj: message.subject });
    return Identified.safeParse(jsonOf(stored.string())).data?.eventId === message.eventId;
  }
};

const attempt = async (bus: Bus, { subject, eventId, stream, body }: Message) => {
  const messageHeaders = headers();
  messageHeaders.set("lookalike-producer", bus.name);
  if (typeof body["traceparent"] === "string") messageHeaders.set("traceparent", body["traceparent"]);
  const { duplicate } = await bus.js.publish(subject, JSON.stringify(body), {
    msgID: eventId,
    headers: messageHeaders,
    expect: { streamName: stream },
  });
  return { isDuplicate: duplicate };
};

const isTaken = (error: NatsError): boolean => TAKEN.has(error.api_error?.err_code);

/** An answer that another attempt would get again: write-once, payload too large, bad subject, not this user's. */
const isRefusal = (error: NatsError): boolean => isTaken(error) || FINAL.has(error.code);

const FINAL: ReadonlySet<string> = new Set(["MAX_PAYLOAD_EXCEEDED", "BAD_SUBJECT", "PERMISSIONS_VIOLATION"]);
