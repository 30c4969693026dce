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
 * @returns whether some of these tasks had been published before
 */
const publishDispatched = async (bus: Bus, db: Db, id: string): Promise<boolean> => {
  const row = await findJob(db, id);
  if (row === null || row.state !== "running") return false;
  const job = jobOf(row);
  const published = publishedOf(row);
  let hasDuplicates = false;
  for (const kind of WorkKind.options) {
    const { cursor } = job[kind];
    if (published[kind] >= cursor) continue;
    const tasks = missing(settled(workOf(job, kind)), published[kind], cursor);
    const publishTask = async (task: number): Promise<void> => {
      const { isDuplicate } = await publish(bus, taskMessage(job, kind, task, 0));
      hasDuplicates ||= isDuplicate;
    };
    await pMap(tasks, publishTask, { concurrency: PUBLISHES_IN_FLIGHT });
    await markPublished(db, id, kind, cursor);
  }
  return hasDuplicates;
};

/**
 * @param recover searches at once for lost tasks of a job; returns false while messages of the job are on their way, which may be what is
 * missing. JetStream drops a task that it has had: where the database is a standby that lacks the last commits, the task may be
 * handled, and its result be lost.
 */
export const createDispatcher = (
  bus: Bus,
  db: Db,
  recover: (jobId: string) => Promise<boolean>,
  onError: (error: unknown) => void,
) => {
  const running = new Map<string, Promise<void>>();
  const again = new Set<string>();
  /** Jobs of which a task was published a second time, until all that they have lost is found. */
  const suspected = new Set<string>();
  const publishAndRecover = async (jobId: string): Promise<void> => {
    if (await publishDispatched(bus, db, jobId)) suspected.add(jobId);
    if (suspected.has(jobId) && (await recover(jobId))) suspected.delete(jobId);
  };
  /** Publishes the tasks that the job has dispatched; calls that arrive meanwhile become one more run. */
  const dispatch = (jobId: string): void => {
    if (running.has(jobId)) {
      again.add(jobId);
      return;
    }
    const run = publishAndRecover(jobId)
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
