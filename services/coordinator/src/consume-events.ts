import { consumeBatches } from "@lookalike/shared/bus/batches";
import type { Delivery } from "@lookalike/shared/bus/delivery";
import { coordinatorDurables, STREAMS } from "@lookalike/shared/bus/topology";
import { readBody } from "@lookalike/shared/bus/unreadable";
import { JobEvent } from "@lookalike/shared/domain/job/events";
import type { TaskRef } from "@lookalike/shared/domain/job/job";
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
import { awaitEvidence } from "./await-evidence.ts";
import type { Coordinator } from "./environment.ts";
import { retryTask } from "./retry.ts";
import { countDifference } from "./rollout/rollout.ts";

const EVENTS_PER_TRANSACTION = 500;

/** Folds the log into the tables, each partition in its own order: see `consumeBatches`. */
export const consumeEvents = (coordinator: Coordinator) => {
  const { bus, log, crash } = coordinator;
  const options = {
    stream: STREAMS.events,
    maxMessages: EVENTS_PER_TRANSACTION,
    read: ({ body }: Delivery) => readBody(JobEvent, body),
    handle: (events: readonly JobEvent[]) => project(coordinator, events),
    faultOf: (error: unknown) => (isDataError(error) ? messageOf(causeOf(error)) : null),
    crash,
    log,
  };
  return Promise.all(coordinatorDurables.map((durable) => consumeBatches(bus, { ...options, durable })));
};

const project = async (
  { store, log, environment, dispatch, relay, credit }: Coordinator,
  events: readonly JobEvent[],
): Promise<void> => {
  await awaitEvidence(store.db, events);
  const endTimer = projectionSeconds.startTimer();
  const spans = openSpans(events);
  const { jobs, refused, changes } = await applyEvents(store.db, events, credit()).finally(() => {
    endTimer();
    for (const span of spans) span.end({});
  });
  for (const { event, reason } of refused) {
    eventsRefused.inc({ type: event.type });
    log.warn({ job: event.job, eventId: event.eventId, reason }, "event refused");
    const task = taskOf(event);
    // Nothing else would do it again: its worker believes that it is done.
    if (task !== null)
      await retryTask(
        store.db,
        { job: event.job, ...task, attempt: event.attempt, failed: true, reason },
        environment.LOOKALIKE_MAX_ATTEMPTS,
      );
  }
  countProjected(events);
  for (const change of changes) log.info(change, "job state changed");
  for (const job of jobs) dispatch(job);
  relay();
};

/** The task whose result an event is; null = it is none. */
const taskOf = (event: JobEvent): TaskRef | null => {
  switch (event.type) {
    case "hash-done":
      return { kind: "hash", task: event.body.block };
    case "pair-batch-done":
      return { kind: "compare", task: event.body.task };
    case "verify-done":
      return { kind: "verify", task: event.body.task };
    default:
      return null;
  }
};

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
