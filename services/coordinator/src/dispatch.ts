import type { Bus } from "@lookalike/shared/bus/connect";
import { taskMessage } from "@lookalike/shared/bus/messages";
import { publish } from "@lookalike/shared/bus/publish";
import { workOf } from "@lookalike/shared/domain/job/job";
import { WorkKind } from "@lookalike/shared/domain/job/task";
import { settled } from "@lookalike/shared/domain/job/work";
import { missing } from "@lookalike/shared/domain/primitives/bit-set";
import { findJob, jobOf, markPublished, publishedOf } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import pMap from "p-map";

const PUBLISHES_IN_FLIGHT = 64;

/**
 * Publishes the tasks between a job's published mark and its cursor. The two integers are the
 * outbox of tasks: after a crash between them the same ids are published again.
 */
const publishDispatched = async (bus: Bus, db: Db, id: string): Promise<void> => {
  const row = await findJob(db, id);
  if (row === null || row.state !== "running") return;
  const job = jobOf(row);
  const published = publishedOf(row);
  for (const kind of WorkKind.options) {
    const { cursor } = job[kind];
    if (published[kind] >= cursor) continue;
    const tasks = missing(settled(workOf(job, kind)), published[kind], cursor);
    await pMap(tasks, (task) => publish(bus, taskMessage(job, kind, task, 0)), { concurrency: PUBLISHES_IN_FLIGHT });
    await markPublished(db, id, kind, cursor);
  }
};

export const createDispatcher = (bus: Bus, db: Db, onError: (error: unknown) => void) => {
  const running = new Map<string, Promise<void>>();
  const again = new Set<string>();
  /** Publishes the tasks that the job has dispatched; calls that arrive meanwhile become one more run. */
  const dispatch = (jobId: string): void => {
    if (running.has(jobId)) {
      again.add(jobId);
      return;
    }
    const run = publishDispatched(bus, db, jobId)
      .catch(onError)
      .finally(() => {
        running.delete(jobId);
        if (again.delete(jobId)) dispatch(jobId);
      });
    running.set(jobId, run);
  };
  return {
    dispatch,
    /** Waits for the publishing that runs. */
    async stop() {
      again.clear();
      await Promise.all(running.values());
    },
  };
};
