import { AckPolicy, type ConsumerInfo, DeliverPolicy, NatsError } from "nats";
import type { TaskKind } from "../domain/job/task.ts";
import type { Bus } from "./connect.ts";
import type { Delivery } from "./delivery.ts";
import { jsonOf } from "./payload.ts";
import { durablesOf, STREAMS } from "./topology.ts";

/** A message as a stream stores it. */
type StoredMessage = Pick<Delivery, "subject" | "sequence" | "body">;

/** The message with a sequence, from the stream's leader; null when there is none. */
export const readMessage = async ({ jsm }: Bus, stream: string, seq: number): Promise<StoredMessage | null> =>
  unlessNone(
    jsm.streams
      .getMessage(stream, { seq })
      .then((stored) => ({ subject: stored.subject, sequence: seq, body: jsonOf(stored.string()) })),
  );

const NO_MESSAGE_FOUND = 10037;

const unlessNone = async <Found>(request: Promise<Found>): Promise<Found | null> => {
  try {
    return await request;
  } catch (error) {
    if (error instanceof NatsError && error.api_error?.err_code === NO_MESSAGE_FOUND) return null;
    throw error;
  }
};

/**
 * The sequence up to which a consumer has handled everything. An acknowledgement of a message whose stream was lost
 * meanwhile may move the floor of the new stream's consumer by the numbers of the old one: then the floor says nothing.
 */
const handledUpTo = ({ ack_floor, delivered, num_ack_pending }: ConsumerInfo): number => {
  if (num_ack_pending === 0) return delivered.stream_seq;
  return num_ack_pending <= delivered.consumer_seq - ack_floor.consumer_seq ? ack_floor.stream_seq : 0;
};

/**
 * The messages of a subject that a consumer has not handled, as far as its stream knows: what is not acknowledged, and
 * what comes after that.
 * @param subject may have wildcards
 */
async function* unhandledMessages({ jsm }: Bus, stream: string, durable: string, subject: string) {
  for (let seq = handledUpTo(await jsm.consumers.info(stream, durable)) + 1; ; ) {
    // nats-server has this request since 2.9; the type of nats.js 2 is the older one.
    const query = { seq, next_by_subj: subject };
    const stored = await unlessNone(jsm.streams.getMessage(stream, query));
    if (stored === null) return;
    yield stored;
    seq = stored.seq + 1;
  }
}

/** Whether there are messages that a consumer has not handled: see {@link unhandledMessages}. */
export const hasUnhandled = async (bus: Bus, stream: string, durable: string, subject: string): Promise<boolean> =>
  !(await unhandledMessages(bus, stream, durable, subject).next()).done;

/**
 * Reads the messages that a consumer has not handled: see {@link unhandledMessages}.
 * @returns the bodies; null where there are more than `limit`
 */
export const readUnhandled = async (
  bus: Bus,
  stream: string,
  durable: string,
  subject: string,
  limit: number,
): Promise<unknown[] | null> => {
  const bodies: unknown[] = [];
  for await (const stored of unhandledMessages(bus, stream, durable, subject)) {
    if (bodies.length === limit) return null;
    bodies.push(jsonOf(stored.string()));
  }
  return bodies;
};

/** Whether a stream has a message of this subject. */
export const hasMessage = async ({ jsm }: Bus, stream: string, subject: string): Promise<boolean> =>
  (await unlessNone(jsm.streams.getMessage(stream, { last_by_subj: subject }))) !== null;

/** How many messages a stream has of each subject that matches. */
export const countBySubject = async ({ jsm }: Bus, stream: string, filter: string): Promise<Record<string, number>> =>
  // The server leaves the field out where nothing matches.
  (await jsm.streams.info(stream, { subjects_filter: filter })).state.subjects ?? {};

/** Tasks of a kind that wait for a worker or that a worker has. */
export const consumerBacklog = async ({ jsm }: Bus, kind: TaskKind): Promise<number> => {
  const infos = await Promise.all(durablesOf(kind).map((durable) => jsm.consumers.info(STREAMS.tasks, durable)));
  return infos.reduce((sum, info) => sum + info.num_pending + info.num_ack_pending, 0);
};

/** How many tasks of a kind the workers do at once, or could: requests that wait for a task, and tasks in progress. */
export const workerSlots = async ({ jsm }: Bus, kind: TaskKind): Promise<number> => {
  const infos = await Promise.all(durablesOf(kind).map((durable) => jsm.consumers.info(STREAMS.tasks, durable)));
  // A worker has a request at the consumer of each class.
  return Math.max(...infos.map(({ num_waiting, num_ack_pending }) => num_waiting + num_ack_pending));
};

const MESSAGES_PER_FETCH = 50;
const FETCH_MS = 5_000;

/**
 * The messages that a stream has now under `filter`, in order, through a temporary consumer. It is a
 * pull consumer with acknowledgements, because an ordered one has no back-pressure in nats.js v2.
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
      let received = 0;
      for await (const message of messages) {
        message.ack();
        // A slow reader gets messages again: this one was read before.
        if (message.seq <= last) continue;
        last = message.seq;
        received += 1;
        left -= 1;
        yield { subject: message.subject, sequence: message.seq, body: jsonOf(message.string()) };
      }
      if (received === 0)
        throw new Error(`${stream}: ${left} messages of ${filter} did not arrive within ${FETCH_MS} ms`);
    }
  } finally {
    await jsm.consumers.delete(stream, name).catch(() => undefined);
  }
}
