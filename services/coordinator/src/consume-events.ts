import { consumeBatches } from "@lookalike/shared/bus/batches";
import type { Bus } from "@lookalike/shared/bus/connect";
import type { Delivery } from "@lookalike/shared/bus/delivery";
import { publish } from "@lookalike/shared/bus/publish";
import { coordinatorDurables, STREAMS } from "@lookalike/shared/bus/topology";
import { decodeEvent, type JobEvent } from "@lookalike/shared/domain/job/events";
import { messageOf } from "@lookalike/shared/runtime/errors";
import {
  eventsProjected,
  eventsRefused,
  projectionLagSeconds,
  projectionSeconds,
} from "@lookalike/shared/runtime/metrics";
import { openSpan } from "@lookalike/shared/runtime/tracing";
import { causeOf, isDataError } from "@lookalike/shared/store/data-error";
import { applyEvents } from "./apply-events.ts";
import type { Coordinator } from "./environment.ts";
import { countDifference } from "./rollout/rollout.ts";

const EVENTS_PER_TRANSACTION = 500;

/** Folds the log into the tables, each partition in its own order: see `consumeBatches`. */
export const consumeEvents = (coordinator: Coordinator) => {
  const { bus, log, crash } = coordinator;
  const options = {
    stream: STREAMS.events,
    maxMessages: EVENTS_PER_TRANSACTION,
    handle: (deliveries: readonly Delivery[]) => project(coordinator, deliveries),
    park: (delivery: Delivery, error: unknown) => park(bus, delivery, error),
    isPoison: isDataError,
    crash,
    log,
  };
  return Promise.all(coordinatorDurables.map((durable) => consumeBatches(bus, { ...options, durable })));
};

const project = async (
  { bus, store, log, dispatch, relay }: Coordinator,
  deliveries: readonly Delivery[],
): Promise<void> => {
  const events: JobEvent[] = [];
  for (const delivery of deliveries) {
    const event = decodeEvent(delivery.body);
    if (event === null) await park(bus, delivery);
    else events.push(event);
  }
  const endTimer = projectionSeconds.startTimer();
  const spans = openSpans(events);
  const { jobs, refused, changes } = await applyEvents(store.db, events).finally(() => {
    endTimer();
    for (const span of spans) span.end({});
  });
  for (const { event, reason } of refused) {
    eventsRefused.inc({ type: event.type });
    log.warn({ job: event.job, eventId: event.eventId, reason }, "event refused");
  }
  countProjected(events);
  for (const change of changes) log.info(change, "job state changed");
  for (const job of jobs) dispatch(job);
  relay();
};

/** An event that can't be folded waits as a dead letter, for a newer coordinator or an operator. */
const park = (bus: Bus, { stream, sequence, subject, body }: Delivery, error?: unknown): Promise<void> =>
  publish(bus, {
    eventId: `parked:${stream}:${sequence}`,
    stream: STREAMS.deadLetters,
    subject: subject.replace("lookalike.event.", "lookalike.dead.event."),
    body: {
      parked: sequence,
      event: body,
      ...(error === undefined ? {} : { error: messageOf(causeOf(error)).slice(0, 500) }),
    },
  });

/** A span for each job of a batch; its parent is the span that caused the job's first event. */
const openSpans = (events: readonly JobEvent[]): ReturnType<typeof openSpan>[] =>
  [...new Set(events.map(({ job }) => job))].map((job) => {
    const ofJob = events.filter((event) => event.job === job);
    const attributes = { "lookalike.job": job, "lookalike.events": ofJob.length };
    return openSpan("project", { kind: "consumer", parent: ofJob[0]?.traceparent, attributes });
  });

const countProjected = (events: readonly JobEvent[]): void => {
  for (const event of events) {
    eventsProjected.inc({ type: event.type });
    // Ends with the roll-out: decision 0037.
    countDifference(event);
  }
  const newest = events.reduce((latest, { at }) => Math.max(latest, Date.parse(at)), 0);
  if (newest > 0) projectionLagSeconds.set(Math.max(0, (Date.now() - newest) / 1_000));
};
