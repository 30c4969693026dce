import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { type ConsumerMessages, type JsMsg, NatsError } from "nats";
import { coalesce } from "../runtime/coalesce.ts";
import { isBug, messageOf } from "../runtime/errors.ts";
import type { Logger } from "../runtime/log.ts";
import type { Bus } from "./connect.ts";
import { type Delivery, deliveryOf, recordDelivery, retryDelayMs } from "./delivery.ts";
import { HEARTBEAT_MS } from "./topology.ts";
import { park, UnreadableError } from "./unreadable.ts";

interface BatchOptions<Item> {
  readonly stream: string;
  readonly durable: string;
  readonly maxMessages: number;
  /** What a message says. @throws UnreadableError: the message is parked */
  readonly read: (delivery: Delivery) => Item;
  /** Resolves when the batch is committed. Only then are its messages acknowledged. */
  readonly handle: (items: readonly Item[]) => Promise<void>;
  /** Why a message can never be handled, for its dead letter; null = it can, once a server answers again. */
  readonly faultOf: (error: unknown) => string | null;
  /** Ends the process: our own code is at fault. */
  readonly crash: (error: unknown) => void;
  readonly log: Logger;
}

/** A message and what it says. */
interface Entry<Item> {
  readonly message: JsMsg;
  readonly item: Item;
}

/**
 * The messages prefetched by the client, each up to a megabyte, and the bytes of a batch are bounds for the memory of a projection that lags
 * behind large events: there is a consumer for each partition.
 */
const PULL = { max_messages: 32, expires: 30_000, idle_heartbeat: 2_000 };
const BYTES_PER_BATCH = 8_388_608;
const MISSING_PAUSE_MS = 500;

/**
 * Handles micro-batches by group commit: the messages that arrive while one batch is applied are the
 * next batch, so an idle system reacts at once and a busy one needs few transactions. When bad data
 * makes a batch fail, each half of it is applied alone: the bad message is found in few steps, and parked.
 */
export const consumeBatches = <Item>(
  bus: Bus,
  { stream, durable, maxMessages, read, handle, faultOf, crash, log }: BatchOptions<Item>,
) => {
  let batch: JsMsg[] = [];
  let batchBytes = 0;
  /** What has arrived and is not answered: its ack wait is renewed, since a batch may take long. */
  const held = new Set<JsMsg>();
  const heartbeat = setInterval(() => {
    for (const message of held) message.working();
  }, HEARTBEAT_MS);
  /** Parks a message, which is delivered again where that fails. */
  const setAside = (message: JsMsg, reason: string): Promise<void> =>
    park(bus, deliveryOf(message), reason, log).then(
      () => message.ack(),
      () => message.nak(retryDelayMs(1)),
    );
  const apply = async (entries: readonly Entry<Item>[]): Promise<void> => {
    const [first, ...more] = entries;
    if (first === undefined) return;
    try {
      await handle(entries.map(({ item }) => item));
      for (const { message } of entries) message.ack();
    } catch (error) {
      if (isBug(error)) return crash(error);
      const fault = faultOf(error);
      if (fault === null) {
        log.error({ durable, messages: entries.length, err: error }, "batch failed, will be delivered again");
        for (const { message } of entries) message.nak(retryDelayMs(1));
      } else if (more.length === 0) await setAside(first.message, fault);
      else {
        const middle = Math.ceil(entries.length / 2);
        await apply(entries.slice(0, middle));
        await apply(entries.slice(middle));
      }
    }
  };
  const readAll = async (taken: readonly JsMsg[]): Promise<Entry<Item>[]> => {
    const entries: Entry<Item>[] = [];
    const parked: Promise<void>[] = [];
    for (const message of taken) {
      try {
        entries.push({ message, item: read(deliveryOf(message)) });
      } catch (error) {
        if (!(error instanceof UnreadableError)) throw error;
        parked.push(setAside(message, error.message));
      }
    }
    await Promise.all(parked);
    return entries;
  };
  const applyNext = coalesce(async () => {
    // Messages that arrive in one packet become one batch.
    await setImmediate();
    const taken = batch;
    batch = [];
    batchBytes = 0;
    try {
      await apply(await readAll(taken));
    } finally {
      for (const message of taken) held.delete(message);
    }
  });
  let stopping = false;
  let messages: ConsumerMessages | null = null;
  const loop = (async () => {
    for (; !stopping; await sleep(stopping ? 0 : MISSING_PAUSE_MS))
      try {
        const consumer = await bus.js.consumers.get(stream, durable);
        // nats.js would go on waiting for a consumer that is deleted with its stream, also once both are there again.
        messages = await consumer.consume({ ...PULL, abort_on_missing_resource: true });
        if (stopping) messages.stop();
        for await (const message of messages) {
          recordDelivery(message);
          batch.push(message);
          batchBytes += message.data.length;
          held.add(message);
          const applied = applyNext();
          if (batch.length >= maxMessages || batchBytes >= BYTES_PER_BATCH) await applied;
        }
      } catch (error) {
        if (!(error instanceof NatsError)) throw error;
        log.warn({ durable, err: messageOf(error) }, "consumer is away, tried again");
      }
  })();
  return {
    /** Stops taking messages, and resolves when those in progress are handled. */
    async stop() {
      stopping = true;
      messages?.stop();
      await Promise.race([loop, sleep(2_000)]);
      await applyNext();
      clearInterval(heartbeat);
    },
  };
};
