import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import type { Consumer, JsMsg } from "nats";
import PQueue from "p-queue";
import { isBug, messageOf } from "../runtime/errors.ts";
import type { Logger } from "../runtime/log.ts";
import { messageSeconds, messageWaitSeconds, redeliveries, workerBusy, workerSlots } from "../runtime/metrics.ts";
import type { Bus } from "./connect.ts";
import { jsonOf } from "./payload.ts";

/** A consumer that is running. */
export interface Subscription {
  /** Stops taking messages, and resolves when those in progress are handled. */
  stop(): Promise<void>;
}

/** Workers of one kind. An operator may change their number. */
export interface Workers extends Subscription {
  readonly concurrency: number;
  /** Messages in progress. */
  readonly busy: number;
  /** Limits the messages in progress from now on; with 0 it resolves when none is left. */
  setConcurrency(concurrency: number): Promise<void>;
}

export interface Delivery {
  readonly body: unknown;
  readonly subject: string;
  readonly stream: string;
  readonly sequence: number;
  /** 1 for the first delivery. */
  readonly deliveryCount: number;
}

/** A handler throws it for a message that would fail again in every attempt. */
export class PermanentError extends Error {
  override readonly name = "PermanentError";
}

interface WorkOptions {
  readonly stream: string;
  /** In order of priority: a free slot prefers a message of the first one. */
  readonly durables: readonly string[];
  /** Messages in progress at once, over all durables. */
  readonly concurrency: number;
  /** Deliveries after which a failing message is given up: the consumer's max_deliver. */
  readonly maxDeliver: number;
  readonly handle: (delivery: Delivery) => Promise<void>;
  /** Called before a message is given up for good. */
  readonly giveUp: (delivery: Delivery, error: unknown) => Promise<void>;
  readonly log: Logger;
}

const PULL_EXPIRES_MS = 5_000;
const HEARTBEAT_MS = 10_000;
const MAX_RETRY_DELAY_MS = 60_000;

/**
 * Handles tasks with one pull for each free slot and durable. Nothing is prefetched, so no task waits in
 * a busy worker while another one is idle. The ack wait of each message in progress is renewed.
 */
export const work = async (bus: Bus, options: WorkOptions): Promise<Workers> => {
  const { stream, durables, log } = options;
  const queue = new PQueue({ concurrency: options.concurrency });
  const consumers = await Promise.all(durables.map((durable) => bus.js.consumers.get(stream, durable)));
  const pulls = new Map<string, Promise<void>>();
  let concurrency = 0;
  let stopping = false;
  const measure = () => {
    workerSlots.set({ stream }, concurrency);
    workerBusy.set({ stream }, queue.pending);
  };
  queue.on("active", measure);
  queue.on("next", measure);
  const isActiveSlot = (slot: number): boolean => !stopping && slot < concurrency;
  const pull = async (consumer: Consumer, slot: number, priority: number): Promise<void> => {
    while (isActiveSlot(slot)) {
      try {
        const message = await consumer.next({ expires: PULL_EXPIRES_MS });
        if (message === null) continue;
        // A message that arrives while the worker stops goes back at once, for another worker.
        if (isActiveSlot(slot))
          await renewed(message, () => queue.add(() => handleOne(message, options), { priority }));
        else message.nak(1);
      } catch (error) {
        log.warn({ stream, err: messageOf(error) }, "pull failed, will be tried again");
        await sleep(500 + Math.random() * 500);
      }
    }
  };
  const setConcurrency = async (limit: number): Promise<void> => {
    concurrency = limit;
    if (limit > 0) queue.concurrency = limit;
    measure();
    for (let slot = 0; slot < concurrency; slot += 1) {
      for (const [rank, consumer] of consumers.entries()) {
        const key = `${slot}:${rank}`;
        // A slot that was inactive for a moment still has its pull, which goes on.
        if (!pulls.has(key))
          pulls.set(
            key,
            pull(consumer, slot, -rank).finally(() => pulls.delete(key)),
          );
      }
    }
    if (limit === 0) await queue.onIdle();
  };
  await setConcurrency(options.concurrency);
  return {
    get concurrency() {
      return concurrency;
    },
    get busy() {
      return queue.pending;
    },
    setConcurrency,
    async stop() {
      stopping = true;
      await queue.onIdle();
      // An idle pull ends by itself within PULL_EXPIRES_MS, and a shutdown need not wait for it.
      await Promise.race([Promise.all(pulls.values()), sleep(50)]);
    },
  };
};

/** Runs the work while it renews the message's ack wait. */
const renewed = async (message: JsMsg, run: () => Promise<unknown>): Promise<void> => {
  const heartbeat = setInterval(() => message.working(), HEARTBEAT_MS);
  try {
    await run();
  } finally {
    clearInterval(heartbeat);
  }
};

const handleOne = async (message: JsMsg, { handle, giveUp, maxDeliver, log }: WorkOptions): Promise<void> => {
  const delivery = deliveryOf(message);
  const { consumer } = message.info;
  const endTimer = messageSeconds.startTimer({ consumer });
  recordDelivery(message);
  try {
    await handle(delivery);
    message.ack();
    endTimer({ outcome: "done" });
  } catch (error) {
    const last = error instanceof PermanentError || (maxDeliver > 0 && delivery.deliveryCount >= maxDeliver);
    endTimer({ outcome: last ? "given_up" : "retried" });
    log.warn(
      { subject: delivery.subject, delivery: delivery.deliveryCount, err: messageOf(error), last },
      "message failed",
    );
    if (last) {
      await giveUp(delivery, error);
      // Without a reason, because servers before 2.10.4 do not know "+TERM reason".
      message.term();
    } else message.nak(retryDelayMs(delivery.deliveryCount));
  }
};

const recordDelivery = ({ info: { consumer, deliveryCount, timestampNanos } }: JsMsg): void => {
  redeliveries.inc({ consumer }, deliveryCount > 1 ? 1 : 0);
  if (deliveryCount > 1) return;
  messageWaitSeconds.observe({ consumer }, Math.max(0, Date.now() / 1_000 - timestampNanos / 1e9));
};

/** Rounded, because nats-server ignores a delay with a fraction of a millisecond and redelivers at once. */
const retryDelayMs = (deliveryCount: number): number =>
  Math.round(Math.min(1_000 * 2 ** (deliveryCount - 1), MAX_RETRY_DELAY_MS) * (0.75 + Math.random() / 2));

interface BatchOptions {
  readonly stream: string;
  readonly durable: string;
  readonly maxMessages: number;
  /** Resolves when the batch is committed. Only then are its messages acknowledged. */
  readonly handle: (deliveries: readonly Delivery[]) => Promise<void>;
  /** Sets a message aside that can never be applied. Resolves when it is stored elsewhere. */
  readonly park: (delivery: Delivery, error: unknown) => Promise<void>;
  /** Whether the message is at fault, and not a server that does not answer: only such a message is parked. */
  readonly isPoison: (error: unknown) => boolean;
  /** Ends the process: our own code is at fault. */
  readonly crash: (error: unknown) => void;
  readonly log: Logger;
}

/** Messages prefetched by the client: a bound for the memory of a projection that lags behind large events. */
const PREFETCH = 100;

/**
 * Handles micro-batches by group commit: the messages that arrive while one batch is applied are the
 * next batch, so an idle system reacts at once and a busy one needs few transactions. When bad data
 * makes a batch fail, its messages are applied one by one, so that one of them does not block the rest.
 */
export const consumeBatches = async (
  bus: Bus,
  { stream, durable, maxMessages, handle, park, isPoison, crash, log }: BatchOptions,
): Promise<Subscription> => {
  const consumer = await bus.js.consumers.get(stream, durable);
  const messages = await consumer.consume({ max_messages: PREFETCH, expires: 30_000, idle_heartbeat: 5_000 });
  let batch: JsMsg[] = [];
  let applying: Promise<void> | undefined;
  const apply = async (taken: readonly JsMsg[]): Promise<void> => {
    try {
      await handle(taken.map(deliveryOf));
      for (const message of taken) message.ack();
    } catch (error) {
      if (isBug(error)) return crash(error);
      const isOne = taken.length === 1;
      log.error(
        { durable, messages: taken.length, err: error },
        isOne ? "message failed" : "batch failed, its messages are applied one by one",
      );
      if (!isOne && isPoison(error)) for (const message of taken) await apply([message]);
      else if (isOne && isPoison(error)) await parkOne(taken, error);
      else for (const message of taken) message.nak(retryDelayMs(1));
    }
  };
  const parkOne = async ([message]: readonly JsMsg[], error: unknown): Promise<void> => {
    if (message === undefined) return;
    try {
      await park(deliveryOf(message), error);
      message.ack();
    } catch {
      message.nak(retryDelayMs(1));
    }
  };
  const applyAll = async (): Promise<void> => {
    // Messages that arrive in one packet become one batch.
    await setImmediate();
    while (batch.length > 0) {
      const taken = batch;
      batch = [];
      await apply(taken);
    }
    applying = undefined;
  };
  const loop = (async () => {
    for await (const message of messages) {
      recordDelivery(message);
      batch.push(message);
      applying ??= applyAll();
      if (batch.length >= maxMessages) await applying;
    }
  })();
  return {
    async stop() {
      messages.stop();
      await Promise.race([loop, sleep(2_000)]);
      await applying;
    },
  };
};

const deliveryOf = (message: JsMsg): Delivery => ({
  body: jsonOf(message.string()),
  subject: message.subject,
  stream: message.info.stream,
  sequence: message.info.streamSequence,
  deliveryCount: message.info.deliveryCount,
});
