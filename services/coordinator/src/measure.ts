import type { JobEvent } from "@lookalike/shared/domain/job/events";
import { JobState } from "@lookalike/shared/domain/job/job";
import { remainingSeconds } from "@lookalike/shared/domain/job/rate";
import { TaskKind } from "@lookalike/shared/domain/job/task";
import { outstanding } from "@lookalike/shared/domain/job/work";
import { Feature } from "@lookalike/shared/domain/rollout/rollout";
import {
  deadLetters,
  eventsProjected,
  eventsRefused,
  gauge,
  projectionLagSeconds,
  repairs,
  rolloutDifferences,
} from "@lookalike/shared/runtime/metrics";
import { openSpan } from "@lookalike/shared/runtime/tracing";
import { jobOf } from "@lookalike/shared/store/jobs/jobs";
import { countJobs, listAllJobs, longestSilence, outboxBacklog } from "@lookalike/shared/store/jobs/overview";
import type { Db } from "@lookalike/shared/store/open";
import { listRollouts } from "@lookalike/shared/store/rollout/rollouts";

const JOBS_MEASURED = 1_000;

/** Prometheus asks for all gauges at once: those that need the same rows read them once. */
const shared = <Value>(read: () => Promise<Value>): (() => Promise<Value>) => {
  let running: Promise<Value> | undefined;
  return () => {
    running ??= read().finally(() => {
      running = undefined;
    });
    return running;
  };
};

/** What the tables say, asked for when Prometheus asks. Every coordinator says the same: take the max. */
export const measureTables = (db: Db): void => {
  const outbox = shared(() => outboxBacklog(db));
  const busyJobs = shared(() => listAllJobs(db, ["listing", "running", "finalizing"], JOBS_MEASURED));
  const runningJobs = async () => (await busyJobs()).filter(({ state }) => state === "running");
  gauge("lookalike_jobs", "Jobs, by state; paused ones are a state of their own", ["state"], async () => {
    const counts = await countJobs(db);
    const sum = (wanted: (row: (typeof counts)[number]) => boolean) =>
      counts.filter(wanted).reduce((total, { jobs }) => total + jobs, 0);
    const isPaused = (row: (typeof counts)[number]) => row.paused && row.state !== "cancelled";
    return [
      ...JobState.options.map((state) => ({
        labels: { state },
        value: sum((row) => row.state === state && !isPaused(row)),
      })),
      { labels: { state: "paused" }, value: sum(isPaused) },
    ];
  });
  gauge("lookalike_outbox_messages", "Messages that wait in the outbox", [], async () => [
    { labels: {}, value: (await outbox()).messages },
  ]);
  gauge("lookalike_outbox_age_seconds", "Age of the oldest message that waits in the outbox", [], async () => [
    { labels: {}, value: (await outbox()).ageSeconds },
  ]);
  gauge("lookalike_job_silence_seconds", "Time since anything happened to the quietest running job", [], async () => [
    { labels: {}, value: await longestSilence(db) },
  ]);
  gauge("lookalike_running_images", "Images of the jobs that run, by stage", ["stage"], async () => {
    const rows = await busyJobs();
    const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((total, row) => total + of(row), 0);
    return [
      { labels: { stage: "listed" }, value: sum(({ totalImages }) => totalImages) },
      { labels: { stage: "hashed" }, value: sum(({ completedImages }) => completedImages) },
      { labels: { stage: "failed" }, value: sum(({ failedImages }) => failedImages) },
    ];
  });
  gauge("lookalike_running_units", "Tasks of the jobs that run, by kind and stage", ["kind", "stage"], async () => {
    const jobs = (await runningJobs()).map(jobOf);
    return (["hash", "compare"] as const).flatMap((kind) => {
      const out = jobs.map((job) => outstanding(job[kind]));
      const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
      const stages = {
        planned: sum(jobs.map((job) => job[kind].count)),
        dispatched: sum(jobs.map((job) => job[kind].cursor)),
        outstanding: sum(out),
        /** Room left in the windows. */
        credit: sum(jobs.map(({ options: { batchSize } }, at) => Math.max(0, batchSize - (out[at] ?? 0)))),
      };
      return Object.entries(stages).map(([stage, value]) => ({ labels: { kind, stage }, value }));
    });
  });
  gauge(
    "lookalike_job_remaining_seconds",
    "Time the longest running job still needs, as far as is known",
    [],
    async () => {
      const left = (await runningJobs()).map(remainingSeconds);
      return [{ labels: {}, value: Math.max(0, ...left.map((seconds) => seconds ?? 0)) }];
    },
  );
  gauge("lookalike_rollout_percent", "How far a feature is rolled out", ["feature"], async () =>
    (await listRollouts(db)).map(({ feature, percent }) => ({ labels: { feature }, value: percent })),
  );
};

/** Zeros from the start: a counter that first appears as 1 has no increase for Prometheus. */
export const initCounters = (): void => {
  for (const kind of TaskKind.options)
    for (const outcome of ["redispatched", "quarantined", "stale"]) {
      deadLetters.inc({ kind, outcome }, 0);
      repairs.inc({ kind, outcome }, 0);
    }
  deadLetters.inc({ kind: "unreadable", outcome: "parked" }, 0);
  for (const feature of Feature.options) rolloutDifferences.inc({ feature }, 0);
};

/** A span for each job of a batch, under the span that its first event came out of. */
export const openProjectionSpans = (events: readonly JobEvent[]) => {
  const ofJob = new Map<string, { readonly parent: string | undefined; readonly events: number }>();
  for (const { job, traceparent } of events) {
    const { parent, events: counted } = ofJob.get(job) ?? { parent: traceparent, events: 0 };
    ofJob.set(job, { parent, events: counted + 1 });
  }
  return [...ofJob].map(([job, { parent, events: counted }]) =>
    openSpan("project", {
      kind: "consumer",
      parent,
      attributes: { "lookalike.job": job, "lookalike.events": counted },
    }),
  );
};

/** Counts a batch that was folded. */
export const recordProjected = (events: readonly JobEvent[], refused: readonly { event: JobEvent }[]): void => {
  for (const event of events) {
    eventsProjected.inc({ type: event.type });
    if (event.type === "shadow-compared" && !event.body.equal) rolloutDifferences.inc({ feature: event.body.feature });
  }
  for (const { event } of refused) eventsRefused.inc({ type: event.type });
  const newest = events.reduce((latest, { at }) => Math.max(latest, Date.parse(at)), 0);
  if (newest > 0) projectionLagSeconds.set(Math.max(0, (Date.now() - newest) / 1_000));
};
