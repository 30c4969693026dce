import type { Bus } from "@lookalike/shared/bus/connect";
import { taskMessage } from "@lookalike/shared/bus/messages";
import { publish } from "@lookalike/shared/bus/publish";
import { settled } from "@lookalike/shared/domain/job/work";
import { missing } from "@lookalike/shared/domain/primitives/bit-set";
import { findJob, jobOf, markPublished } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";

const PUBLISHES_IN_FLIGHT = 64;

/**
 * Publishes the tasks between a job's published mark and its cursor. The two integers are the
 * outbox of tasks: after a crash between them the same ids are published again.
 */
const publishDispatched = async (bus: Bus, db: Db, id: string): Promise<void> => {
  const row = await findJob(db, id);
  if (row === null || row.state !== "running") return;
  const job = jobOf(row);
  for (const [kind, from] of [
    ["hash", row.hashPublished],
    ["compare", row.comparePublished],
  ] as const) {
    const { cursor } = job[kind];
    if (from >= cursor) continue;
    let inFlight: Promise<void>[] = [];
    for (const task of missing(settled(job[kind]), from, cursor)) {
      inFlight.push(publish(bus, taskMessage(job, kind, task, 0)));
      if (inFlight.length >= PUBLISHES_IN_FLIGHT) {
        await Promise.all(inFlight);
        inFlight = [];
      }
    }
    await Promise.all(inFlight);
    await markPublished(db, id, kind, cursor);
  }
};

export interface Dispatcher {
  /** Publishes the tasks that the job has dispatched; calls that arrive meanwhile become one more run. */
  dispatch(jobId: string): void;
  /** Waits for the publishing that runs. */
  stop(): Promise<void>;
}

export const createDispatcher = (bus: Bus, db: Db, onError: (error: unknown) => void): Dispatcher => {
  const running = new Map<string, Promise<void>>();
  const again = new Set<string>();
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
    async stop() {
      again.clear();
      await Promise.all(running.values());
    },
  };
};
