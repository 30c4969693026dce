import type { Bus } from "@lookalike/shared/bus/connect";
import { consumerBacklog } from "@lookalike/shared/bus/read";
import { missingTasks, type TaskRef } from "@lookalike/shared/domain/job/job";
import type { Logger } from "@lookalike/shared/runtime/log";
import { repairs } from "@lookalike/shared/runtime/metrics";
import { activeJobs, findJob, jobOf, jobsWithUnpublishedTasks } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import { reconsider } from "./enact-decisions.ts";
import { retryTask } from "./retry.ts";

interface Reconciler {
  readonly bus: Bus;
  readonly db: Db;
  readonly log: Logger;
  readonly lostAfterMs: number;
  readonly maxAttempts: number;
  /** Publishes the tasks that a job has dispatched. */
  readonly dispatch: (jobId: string) => void;
}

/**
 * The third ring against lost work, and the completion monitor of `dispatch: "all"`: decides again
 * for every job that is not over, publishes the tasks that a crash left unpublished, and sends the
 * missing tasks of a job again that has been silent while its workers have nothing to do.
 */
export const reconcileRound = async (reconciler: Reconciler): Promise<void> => {
  const { db, dispatch } = reconciler;
  for (const { id, silentMs } of await activeJobs(db)) {
    // Ends with the roll-out: decision 0037.
    await reconsider(db, id, new Date().toISOString());
    if (silentMs >= reconciler.lostAfterMs) await retryMissingTasks(reconciler, id, silentMs);
  }
  for (const id of await jobsWithUnpublishedTasks(db)) dispatch(id);
};

const retryMissingTasks = async (
  { bus, db, log, maxAttempts }: Reconciler,
  id: string,
  silentMs: number,
): Promise<void> => {
  const row = await findJob(db, id);
  if (row === null || row.paused) return;
  const lost = missingTasks(jobOf(row), row.options.batchSize);
  if (lost.length === 0 || !(await isIdle(bus, lost))) return;
  const reason = `no result for ${Math.round(silentMs / 1000)} s`;
  for (const task of lost) {
    const outcome = await retryTask(db, { job: id, ...task, attempt: null, reason }, maxAttempts);
    repairs.inc({ kind: task.kind, outcome });
    log.warn({ job: id, ...task, outcome }, "lost task");
  }
};

/** Whether no worker holds or awaits a task of these kinds: a task without a result will never have one then. */
const isIdle = async (bus: Bus, tasks: readonly TaskRef[]): Promise<boolean> => {
  const backlogs = await Promise.all(
    [...new Set(tasks.map(({ kind }) => kind))].map((kind) => consumerBacklog(bus, kind)),
  );
  return backlogs.every((backlog) => backlog === 0);
};
