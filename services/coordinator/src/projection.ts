import type { Bus } from "@lookalike/shared/bus/connect";
import type { Delivery } from "@lookalike/shared/bus/consume";
import { publish } from "@lookalike/shared/bus/publish";
import { STREAMS } from "@lookalike/shared/bus/topology";
import type { JobEvent } from "@lookalike/shared/domain/job/events";
import { decodeEvent } from "@lookalike/shared/domain/job/message";
import { messageOf } from "@lookalike/shared/runtime/errors";
import type { Logger } from "@lookalike/shared/runtime/log";
import { projectionSeconds } from "@lookalike/shared/runtime/metrics";
import { causeOf, isDataError } from "@lookalike/shared/store/data-error";
import type { Db } from "@lookalike/shared/store/open";
import { applyEvents } from "./apply-events.ts";
import { openProjectionSpans, recordProjected } from "./measure.ts";

interface Projection {
  readonly bus: Bus;
  readonly db: Db;
  readonly log: Logger;
  /** Publishes what a job has dispatched. */
  readonly dispatch: (jobId: string) => void;
  /** Publishes what is in the outbox. */
  readonly relay: () => void;
}

/** How batches of the log are folded: see `consumeBatches`. */
export const createProjection = ({ bus, db, log, dispatch, relay }: Projection) => {
  /** An event that can't be folded waits as a dead letter, for a coordinator that knows it or an operator. */
  const park = (delivery: Delivery, error?: unknown): Promise<void> =>
    publish(bus, {
      eventId: `parked:${delivery.stream}:${delivery.sequence}`,
      stream: STREAMS.deadLetters,
      subject: delivery.subject.replace("lookalike.event.", "lookalike.dead.event."),
      body: {
        parked: delivery.sequence,
        event: delivery.body,
        ...(error === undefined ? {} : { error: messageOf(causeOf(error)).slice(0, 500) }),
      },
    });
  const handle = async (deliveries: readonly Delivery[]): Promise<void> => {
    const events: JobEvent[] = [];
    for (const delivery of deliveries) {
      const event = decodeEvent(delivery.body);
      if (event === null) await park(delivery);
      else events.push(event);
    }
    const endTimer = projectionSeconds.startTimer();
    const spans = openProjectionSpans(events);
    const { jobs, refused, changes } = await applyEvents(db, events).finally(() => {
      endTimer();
      for (const span of spans) span.end({});
    });
    recordProjected(events, refused);
    for (const { event, reason } of refused)
      log.warn({ job: event.job, eventId: event.eventId, reason }, "event refused");
    for (const change of changes) log.info(change, "job");
    for (const job of jobs) dispatch(job);
    relay();
  };
  return { handle, park, isPoison: isDataError };
};
