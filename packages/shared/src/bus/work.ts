import { setTimeout as sleep } from "node:timers/promises";
import { type JsMsg, NatsError } from "nats";
import PQueue from "p-queue";
import { messageOf, PermanentError } from "../runtime/errors.ts";
import type { Logger } from "../runtime/log.ts";
import { messageSeconds, workerBusy, workerSlots } from "../runtime/metrics.ts";
import type { Bus } from "./connect.ts";
import { type Delivery, deliveryOf, recordDelivery, retryDelayMs } from "./delivery.ts";
import { openPull } from "./pull.ts";
import { HEARTBEAT_MS } from "./topology.ts";
import { park, UnreadableError } from "./unreadable.ts";

interface WorkOptions {
  readonly stream: string;
  /** In order of priority: a free slot prefers a message of the first one. */
  readonly durables: readonly string[];
  /** Messages in progress at once, over all durables. */
  readonly concurrency: number;
  /** Deliveries after which a failing message is given up: the consumer's max_deliver. */
  readonly maxDeliver: number;
  /** An UnreadableError parks the message, another error delivers it again. */
  readonly handle: (delivery: Delivery) => Promise<void>;
  /**
   * Whether a server is away that the handler needs: then the message waits in the worker, which counts as no failure.
   * Left out: it needs none.
   */
  readonly isUnavailable?: ((error: unknown) => boolean) | undefined;
  /** Called before a message is given up for good; left out: there is nothing to do then. */
  readonly giveUp?: (delivery: Delivery, error: unknown) => Promise<void>;
  readonly log: Logger;
}

const PULL_EXPIRES_MS = 5_000;

/**
 * Handles tasks. Each durable is asked for as many messages as slots are free: nothing is prefetched, so no task waits in a
 * busy worker while another one is idle. The ack wait of each message in progress is renewed.
 */
export const work = async (bus: Bus, options: WorkOptions) => {
  const { stream, durables, log } = options;
  const queue = new PQueue({ concurrency: options.concurrency });
  const pulls = new Map<string, Promise<void>>();
  let concurrency = 0;
  let stopping = false;
  const measure = () => {
    workerSlots.set({ stream }, concurrency);
    workerBusy.set({ stream }, queue.pending);
  };
  queue.on("active", measure);
  queue.on("next", measure);
  const isActive = (): boolean => !stopping && concurrency > 0;
  const handle = async (message: JsMsg, priority: number): Promise<void> => {
    const heartbeat = setInterval(() => message.working(), HEARTBEAT_MS);
    await queue
      .add(() => handleOne(bus, message, options, () => stopping), { priority })
      .catch((error: unknown) => log.warn({ stream, err: messageOf(error) }, "a message could not be answered"))
      .finally(() => clearInterval(heartbeat));
  };
  const pull = async (durable: string, priority: number): Promise<void> => {
    const handling = new Set<Promise<void>>();
    const receive = (message: JsMsg): void => {
      // A message that arrives while the worker stops goes back, for another worker. By its redelivery the pulls of this
      // worker have ended: each that got it again would cost it one of its deliveries.
      if (!isActive()) {
        message.nak(PULL_EXPIRES_MS);
        return;
      }
      const handled = handle(message, priority).finally(() => handling.delete(handled));
      handling.add(handled);
    };
    const consumer = openPull(bus, { stream, durable, expiresMs: PULL_EXPIRES_MS, receive });
    while (isActive()) {
      if (handling.size >= concurrency) {
        await Promise.race(handling);
        continue;
      }
      try {
        await consumer.pull(concurrency - handling.size);
      } catch (error) {
        log.warn({ stream, err: messageOf(error) }, "pull failed, will be tried again");
        await sleep(500 + Math.random() * 500);
      }
    }
    consumer.close();
  };
  /** Limits the messages in progress from now on; with 0 it resolves when none is left. */
  const setConcurrency = async (limit: number): Promise<void> => {
    concurrency = limit;
    if (limit > 0) queue.concurrency = limit;
    measure();
    if (limit === 0) return queue.onIdle();
    // A worker that was inactive for a moment still has its pull, which goes on.
    for (const [rank, durable] of durables.entries())
      pulls.set(durable, pulls.get(durable) ?? pull(durable, -rank).finally(() => pulls.delete(durable)));
  };
  await setConcurrency(options.concurrency);
  return {
    get concurrency() {
      return concurrency;
    },
    /** Messages in progress. */
    get busy() {
      return queue.pending;
    },
    setConcurrency,
    /** Stops taking messages, and resolves when those in progress are handled. */
    async stop() {
      stopping = true;
      await queue.onIdle();
      // An idle pull ends by itself within PULL_EXPIRES_MS, and a shutdown need not wait for it.
      await Promise.race([Promise.all(pulls.values()), sleep(50)]);
    },
  };
};

/** Workers of one kind. An operator may change their number. */
export type Workers = Awaited<ReturnType<typeof work>>;

const UNAVAILABLE_PAUSE_MS = 1_000;

const handleOne = async (bus: Bus, message: JsMsg, options: WorkOptions, isStopping: () => boolean): Promise<void> => {
  const { giveUp, maxDeliver, log } = options;
  const delivery = deliveryOf(message);
  const { subject } = delivery;
  const { consumer } = message.info;
  const endTimer = messageSeconds.startTimer({ consumer });
  recordDelivery(message);
  try {
    const isHandled = await handleOnceAvailable(delivery, options, isStopping);
    endTimer({ outcome: isHandled ? "done" : "retried" });
    if (isHandled) message.ack();
    else message.nak(PULL_EXPIRES_MS);
  } catch (error) {
    if (error instanceof UnreadableError) {
      endTimer({ outcome: "parked" });
      await park(bus, delivery, error.message, log);
      message.ack();
      return;
    }
    const last = error instanceof PermanentError || (maxDeliver > 0 && delivery.deliveryCount >= maxDeliver);
    endTimer({ outcome: last ? "given_up" : "retried" });
    log.warn({ subject, delivery: delivery.deliveryCount, err: messageOf(error), last }, "message failed");
    if (last) {
      await giveUp?.(delivery, error);
      // Without a reason, because servers before 2.10.4 do not know "+TERM reason".
      message.term();
    } else message.nak(retryDelayMs(delivery.deliveryCount));
  }
};

/** What a publish fails with while NATS, JetStream or the stream is away: the work itself has not failed. */
const AWAY: ReadonlySet<string> = new Set(["TIMEOUT", "503", "DISCONNECT", "CONNECTION_CLOSED", "CONNECTION_DRAINING"]);
const isBusAway = (error: unknown): boolean => error instanceof NatsError && AWAY.has(error.code);

/** Repeats the handler while a server is away that it needs. @returns false where the worker stops meanwhile */
const handleOnceAvailable = async (
  delivery: Delivery,
  { handle, isUnavailable, log }: WorkOptions,
  isStopping: () => boolean,
): Promise<boolean> => {
  for (let tries = 1; !isStopping(); tries += 1) {
    try {
      await handle(delivery);
      return true;
    } catch (error) {
      if (isUnavailable?.(error) !== true && !isBusAway(error)) throw error;
      const { subject } = delivery;
      if (tries === 1) log.warn({ subject, err: messageOf(error) }, "message waits for a server");
      await sleep(UNAVAILABLE_PAUSE_MS);
    }
  }
  return false;
};
