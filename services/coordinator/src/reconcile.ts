import type { Bus } from "@lookalike/shared/bus/connect";
import { consumerBacklog } from "@lookalike/shared/bus/read";
import { missingTasks, type TaskRef } from "@lookalike/shared/domain/job/job";
import { repairs } from "@lookalike/shared/runtime/metrics";
import { activeJobs, findJob, jobOf, jobsWithUnpublishedTasks } from "@lookalike/shared/store/jobs/jobs";
import { reconsider } from "./enact-decisions.ts";
import type { Coordinator } from "./environment.ts";
import { retryTask } from "./retry.ts";

/**
 * The third ring against lost work, and the completion monitor of `dispatch: "all"`: decides again
 * for every job that is not over, publishes the tasks that a crash left unpublished, and sends the
 * missing tasks of a job again that has been silent while its workers have nothing to do.
 */
export const reconcileRound = async (coordinator: Coordinator): Promise<void> => {
  const { environment, dispatch } = coordinator;
  const { db } = coordinator.store;
  for (const { id, silentMs } of await activeJobs(db)) {
    // Ends with the roll-out: decision 0037.
    await reconsider(db, id, new Date().toISOString());
    if (silentMs >= environment.LOOKALIKE_LOST_AFTER_MS) await retryMissingTasks(coordinator, id, silentMs);
  }
  for (const id of await jobsWithUnpublishedTasks(db)) dispatch(id);
};

const retryMissingTasks = async (
  { bus, store, log, environment }: Coordinator,
  id: string,
  silentMs: number,
): Promise<void> => {
  const row = await findJob(store.db, id);
  if (row === null || row.paused) return;
  const lost = missingTasks(jobOf(row), row.options.batchSize);
  if (lost.length === 0 || !(await isIdle(bus, lost))) return;
  const reason = `no result for ${Math.round(silentMs / 1000)} s`;
  for (const task of lost) {
    const outcome = await retryTask(
      store.db,
      { job: id, ...task, attempt: null, reason },
      environment.LOOKALIKE_MAX_ATTEMPTS,
    );
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
