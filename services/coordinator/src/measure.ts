import { JobState, workOf } from "@lookalike/shared/domain/job/job";
import { remainingSeconds } from "@lookalike/shared/domain/job/progress";
import { TaskKind, WorkKind } from "@lookalike/shared/domain/job/task";
import { outstanding } from "@lookalike/shared/domain/job/work";
import { coalesce } from "@lookalike/shared/runtime/coalesce";
import { deadLetters, gauge, repairs } from "@lookalike/shared/runtime/metrics";
import { countJobs, jobOf, listAllJobs, longestSilence } from "@lookalike/shared/store/jobs/jobs";
import { outboxBacklog } from "@lookalike/shared/store/jobs/outbox";
import type { Db } from "@lookalike/shared/store/open";

const JOBS_MEASURED = 1_000;

/**
 * Gauges of what the tables hold, read when Prometheus scrapes; gauges that need the same rows share
 * one query. Every coordinator reports the same, so queries take the maximum.
 */
export const measureTables = (db: Db): void => {
  const outbox = coalesce(() => outboxBacklog(db));
  const busyJobs = coalesce(() => listAllJobs(db, ["listing", "running", "finalizing"], JOBS_MEASURED));
  const runningJobs = async () => (await busyJobs()).filter(({ state }) => state === "running");
  gauge("lookalike_jobs", "Jobs, by state; paused ones are a state of their own", ["state"], async () => {
    const counts = await countJobs(db);
    const shownState = ({ state, paused }: (typeof counts)[number]) =>
      paused && state !== "cancelled" ? "paused" : state;
    return [...JobState.options, "paused"].map((state) => ({
      labels: { state },
      value: sumOf(
        counts.filter((row) => shownState(row) === state),
        ({ jobs }) => jobs,
      ),
    }));
  });
  gauge("lookalike_outbox_messages", "Messages that wait in the outbox", [], async () => (await outbox()).messages);
  const outboxAge = async () => (await outbox()).ageSeconds;
  gauge("lookalike_outbox_age_seconds", "Age of the oldest message that waits in the outbox", [], outboxAge);
  const silence = () => longestSilence(db);
  gauge("lookalike_job_silence_seconds", "Time since anything happened to the quietest running job", [], silence);
  gauge("lookalike_running_images", "Images of the jobs that run, by stage", ["stage"], async () => {
    const rows = await busyJobs();
    return [
      { labels: { stage: "listed" }, value: sumOf(rows, ({ totalImages }) => totalImages) },
      { labels: { stage: "hashed" }, value: sumOf(rows, ({ completedImages }) => completedImages) },
      { labels: { stage: "failed" }, value: sumOf(rows, ({ failedImages }) => failedImages) },
    ];
  });
  gauge("lookalike_running_units", "Tasks of the jobs that run, by kind and stage", ["kind", "stage"], async () => {
    const jobs = (await runningJobs()).map(jobOf);
    return WorkKind.options.flatMap((kind) => {
      const works = jobs.map((job) => ({
        ...job[kind],
        out: outstanding(workOf(job, kind)),
        window: job.options.batchSize,
      }));
      const stages = {
        planned: sumOf(works, ({ count }) => count),
        dispatched: sumOf(works, ({ cursor }) => cursor),
        outstanding: sumOf(works, ({ out }) => out),
        /** Room left in the windows. */
        credit: sumOf(works, ({ out, window }) => Math.max(0, window - out)),
      };
      return Object.entries(stages).map(([stage, value]) => ({ labels: { kind, stage }, value }));
    });
  });
  const remaining = async () =>
    Math.max(0, ...(await runningJobs()).map(remainingSeconds).filter((seconds) => seconds !== null));
  gauge(
    "lookalike_job_remaining_seconds",
    "Time the longest running job still needs, as far as is known",
    [],
    remaining,
  );
};

const sumOf = <Item>(items: readonly Item[], numberOf: (item: Item) => number): number =>
  items.reduce((sum, item) => sum + numberOf(item), 0);

/** Counters start at zero: a counter that first appears as 1 has no increase for Prometheus. */
export const initCounters = (): void => {
  for (const kind of TaskKind.options)
    for (const outcome of ["redispatched", "quarantined", "stale"]) {
      deadLetters.inc({ kind, outcome }, 0);
      repairs.inc({ kind, outcome }, 0);
    }
  deadLetters.inc({ kind: "unreadable", outcome: "parked" }, 0);
};
