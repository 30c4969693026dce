import type { Bus } from "@lookalike/shared/bus/connect";
import { publish, publishOnce } from "@lookalike/shared/bus/publish";
import { STREAMS } from "@lookalike/shared/bus/topology";
import type { Logger } from "@lookalike/shared/runtime/log";
import { relayOutbox } from "@lookalike/shared/store/jobs/outbox";
import type { Db } from "@lookalike/shared/store/open";

const MESSAGES_PER_ROUND = 100;

/** Publishes the outbox until it is empty. Every coordinator relays; row locks share the work out. */
export const relayRound = async (bus: Bus, db: Db, log: Logger): Promise<void> => {
  let relayed: number;
  do {
    relayed = await relayOutbox(db, MESSAGES_PER_ROUND, async (message) => {
      if (message.stream !== STREAMS.finalize) await publish(bus, message);
      else if (!(await publishOnce(bus, message))) {
        log.error(
          { subject: message.subject, eventId: message.eventId },
          "another finalize is stored in this write-once subject",
        );
      }
    });
  } while (relayed === MESSAGES_PER_ROUND);
};
