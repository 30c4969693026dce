import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import type { JsMsg } from "nats";
import { coalesce } from "../runtime/coalesce.ts";
import { isBug } from "../runtime/errors.ts";
import type { Logger } from "../runtime/log.ts";
import type { Bus } from "./connect.ts";
import { type Delivery, deliveryOf, recordDelivery, retryDelayMs } from "./delivery.ts";

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
) => {
  const consumer = await bus.js.consumers.get(stream, durable);
  const messages = await consumer.consume({ max_messages: PREFETCH, expires: 30_000, idle_heartbeat: 5_000 });
  let batch: JsMsg[] = [];
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
      for (const message of taken)
        if (!isPoison(error)) message.nak(retryDelayMs(1));
        else if (!isOne) await apply([message]);
        else
          await park(deliveryOf(message), error).then(
            () => message.ack(),
            () => message.nak(retryDelayMs(1)),
          );
    }
  };
  const applyNext = coalesce(async () => {
    // Messages that arrive in one packet become one batch.
    await setImmediate();
    const taken = batch;
    batch = [];
    if (taken.length > 0) await apply(taken);
  });
  const loop = (async () => {
    for await (const message of messages) {
      recordDelivery(message);
      batch.push(message);
      const applied = applyNext();
      if (batch.length >= maxMessages) await applied;
    }
  })();
  return {
    /** Stops taking messages, and resolves when those in progress are handled. */
    async stop() {
      messages.stop();
      await Promise.race([loop, sleep(2_000)]);
      await applyNext();
    },
  };
};
