import type { Bus } from "@lookalike/shared/bus/connect";
import { publish, publishOnce } from "@lookalike/shared/bus/publish";
import { STREAMS } from "@lookalike/shared/bus/topology";
import type { Message } from "@lookalike/shared/domain/job/events";
import type { Logger } from "@lookalike/shared/runtime/log";
import { type Loop, startLoop } from "@lookalike/shared/runtime/loop";
import { OUTBOX_CHANNEL, type OutboxMessage, relayOutbox } from "@lookalike/shared/store/jobs/outbox";
import { listenTo } from "@lookalike/shared/store/listen";
import type { Db, Store } from "@lookalike/shared/store/open";

const MESSAGES_PER_ROUND = 100;
const PAUSE_MS = 200;

/** Publishes the outbox: at each notice of a commit that added to it, and at short intervals. */
export const startRelay = (bus: Bus, store: Store, log: Logger, onError: (error: unknown) => void): Loop => {
  const loop = startLoop(PAUSE_MS, () => relayRound(bus, store.db, log), onError);
  const notices = listenTo(store.pool, OUTBOX_CHANNEL, loop.wake, onError);
  return {
    wake: loop.wake,
    async stop() {
      await notices.stop();
      await loop.stop();
    },
  };
};

/** An event that says its place in the order, in which it may not arrive. */
export const numbered = ({ number, body, ...message }: OutboxMessage): Message => ({
  ...message,
  body: { ...body, number },
});

/** Publishes the outbox until it is empty. Every coordinator relays, one at a time. */
const relayRound = async (bus: Bus, db: Db, log: Logger): Promise<void> => {
  let relayed: number;
  do {
    relayed = await relayOutbox(db, MESSAGES_PER_ROUND, async (message) => {
      if (message.stream === STREAMS.events) await publish(bus, numbered(message));
      else if (message.stream === STREAMS.tasks) await publish(bus, message);
      else if (!(await publishOnce(bus, message))) {
        const { subject, eventId } = message;
        log.error({ subject, eventId }, "another finalize is stored in this write-once subject");
      }
    });
  } while (relayed === MESSAGES_PER_ROUND);
};
