import { consumerBacklog } from "@lookalike/shared/bus/backlog";
import type { Bus } from "@lookalike/shared/bus/connect";
import { missingTasks } from "@lookalike/shared/domain/job/job";
import type { TaskKind } from "@lookalike/shared/domain/job/task";
import type { Logger } from "@lookalike/shared/runtime/log";
import { repairs } from "@lookalike/shared/runtime/metrics";
import { activeJobs, findJob, jobOf, jobsWithUnpublishedTasks } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import { reconsider } from "./apply-events.ts";
import { retryTask } from "./retry.ts";

interface Reconciler {
  readonly bus: Bus;
  readonly db: Db;
  readonly log: Logger;
  readonly lostAfterMs: number;
  readonly maxAttempts: number;
  readonly dispatch: (jobId: string) => void;
}

/**
 * The third ring against lost work, and the completion monitor of `dispatch: "all"`: decides anew
 * for every job that is not over, publishes what a crash left unpublished, and sends out again the
 * missing tasks of a job that has been silent while its workers have nothing to do.
 */
export const reconcileRound = async ({
  bus,
  db,
  log,
  lostAfterMs,
  maxAttempts,
  dispatch,
}: Reconciler): Promise<void> => {
  for (const { id, silentMs } of await activeJobs(db)) {
    await reconsider(db, id, new Date().toISOString());
    if (silentMs < lostAfterMs) continue;
    const row = await findJob(db, id);
    if (row === null || row.paused) continue;
    const job = jobOf(row);
    const lost = missingTasks(job, job.options.batchSize);
    if (lost.length === 0 || !(await isIdle(bus, lost))) continue;
    for (const task of lost) {
      const outcome = await retryTask(
        db,
        { job: id, ...task, attempt: null, reason: `no result for ${Math.round(silentMs / 1000)} s` },
        maxAttempts,
      );
      repairs.inc({ kind: task.kind, outcome });
      log.warn({ job: id, ...task, outcome }, "lost task");
    }
  }
  for (const id of await jobsWithUnpublishedTasks(db)) dispatch(id);
};

/** No worker holds or awaits a task of these kinds: what has no result now will never have one. */
const isIdle = async (bus: Bus, tasks: readonly { kind: TaskKind }[]): Promise<boolean> => {
  const backlogs = await Promise.all(
    [...new Set(tasks.map(({ kind }) => kind))].map((kind) => consumerBacklog(bus, kind)),
  );
  return backlogs.every((backlog) => backlog === 0);
};
