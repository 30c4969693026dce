import { finalizeMessage, taskMessage } from "@lookalike/shared/bus/messages";
import { decide, enact } from "@lookalike/shared/domain/job/decide";
import type { Job } from "@lookalike/shared/domain/job/job";
import { jobOf, lockJob, saveJob } from "@lookalike/shared/store/jobs/jobs";
import { addToOutbox } from "@lookalike/shared/store/jobs/outbox";
import type { Db } from "@lookalike/shared/store/open";

/**
 * Decides what the job does next, and carries it out: messages go to the outbox, and dispatching
 * moves a cursor, which is the outbox of tasks.
 */
export const enactDecisions = async (db: Db, job: Job, monitor = false): Promise<Job> => {
  let next = job;
  for (const decision of decide(job, monitor)) {
    next = enact(next, decision);
    if (decision.type === "scan") await addToOutbox(db, taskMessage(next, "scan", 0, 0));
    if (decision.type === "finalize") await addToOutbox(db, finalizeMessage(next));
  }
  return next;
};

/** Decides for one job without an event, as the completion monitor of `dispatch: "all"`. Ends with it: decision 0037. */
export const reconsider = (db: Db, id: string, at: string): Promise<void> =>
  db.transaction(async (tx) => {
    const row = await lockJob(tx, id);
    if (row === null) return;
    const job = jobOf(row);
    const next = await enactDecisions(tx, job, true);
    if (next !== job) await saveJob(tx, row, next, at);
  });
