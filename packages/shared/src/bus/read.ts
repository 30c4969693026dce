import { AckPolicy, DeliverPolicy, NatsError } from "nats";
import type { Bus } from "./connect.ts";
import { jsonOf } from "./payload.ts";

/** A message as a stream keeps it. */
export interface StoredMessage {
  readonly subject: string;
  readonly sequence: number;
  /** Its JSON; undefined where it is none. */
  readonly body: unknown;
}

/** A message by its sequence, from the stream's leader; null when there is none. */
export const readMessage = async ({ jsm }: Bus, stream: string, seq: number): Promise<StoredMessage | null> =>
  jsm.streams.getMessage(stream, { seq }).then(
    (stored) => ({ subject: stored.subject, sequence: seq, body: jsonOf(stored.string()) }),
    (error: unknown) => {
      if (error instanceof NatsError && error.api_error?.code === 404) return null;
      throw error;
    },
  );

/** How many messages a stream keeps under each subject that matches. */
export const countBySubject = async ({ jsm }: Bus, stream: string, filter: string): Promise<Record<string, number>> =>
  (await jsm.streams.info(stream, { subjects_filter: filter })).state.subjects ?? {};

const MESSAGES_PER_FETCH = 50;
const FETCH_MS = 5_000;

/**
 * The messages a stream keeps now under `filter`, in order, through a consumer of its own that is
 * gone afterwards. A pull consumer with acks: an ordered one has no back-pressure in nats.js v2.
 * @param after only those with a higher sequence
 */
export async function* readStream(
  { js, jsm }: Bus,
  stream: string,
  filter: string,
  after = 0,
): AsyncGenerator<StoredMessage> {
  const { name, num_pending } = await jsm.consumers.add(stream, {
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: after + 1,
    filter_subject: filter,
    max_ack_pending: MESSAGES_PER_FETCH,
    inactive_threshold: 60_000_000_000,
  });
  try {
    const consumer = await js.consumers.get(stream, name);
    let left = num_pending;
    let last = after;
    while (left > 0) {
      const messages = await consumer.fetch({ max_messages: Math.min(left, MESSAGES_PER_FETCH), expires: FETCH_MS });
      let came = 0;
      for await (const message of messages) {
        message.ack();
        // Delivered again because its reader took long: it was read before.
        if (message.seq <= last) continue;
        last = message.seq;
        came += 1;
        left -= 1;
        yield { subject: message.subject, sequence: message.seq, body: jsonOf(message.string()) };
      }
      if (came === 0) throw new Error(`${stream}: ${left} messages of ${filter} did not come within ${FETCH_MS} ms`);
    }
  } finally {
    await jsm.consumers.delete(stream, name).catch(() => undefined);
  }
}
