import { finalizeMessage, taskMessage } from "@lookalike/shared/bus/messages";
import { decide, enact, windowsAlone } from "@lookalike/shared/domain/job/decide";
import { type DispatchCredit, fairWindow } from "@lookalike/shared/domain/job/dispatch/fair-window";
import type { Message } from "@lookalike/shared/domain/job/events";
import type { Job } from "@lookalike/shared/domain/job/job";
import { perKind } from "@lookalike/shared/domain/job/task";
import { jobOf, lockJob, saveJob } from "@lookalike/shared/store/jobs/jobs";
import { addToOutbox } from "@lookalike/shared/store/jobs/outbox";
import { readSharers } from "@lookalike/shared/store/jobs/sharers";
import type { Db } from "@lookalike/shared/store/open";

/**
 * The job after all that it decides, and the messages that carry it out. Dispatching has no message: it moves a cursor,
 * which is the outbox of tasks.
 */
export const carriedOut = (
  job: Job,
  monitor = false,
  windows = windowsAlone(job),
): { readonly job: Job; readonly messages: readonly Message[] } => {
  let next = job;
  const messages: Message[] = [];
  for (const decision of decide(job, monitor, windows)) {
    next = enact(next, decision);
    if (decision.type === "scan") messages.push(taskMessage(next, "scan", 0, 0));
    if (decision.type === "finalize") messages.push(finalizeMessage(next));
  }
  return { job: next, messages };
};

/**
 * Decides what the job does next, and carries it out by the outbox.
 * @param credit shared with the other jobs; null = it is alone, as in a replay
 * @returns the job after it
 */
export const enactDecisions = async (
  db: Db,
  job: Job,
  credit: DispatchCredit | null,
  monitor = false,
): Promise<Job> => {
  const windows = credit === null ? windowsAlone(job) : await sharedWindows(db, job, credit);
  const { job: next, messages } = carriedOut(job, monitor, windows);
  for (const message of messages) await addToOutbox(db, message);
  return next;
};

const sharedWindows = async (db: Db, job: Job, credit: DispatchCredit): Promise<DispatchCredit> => {
  const { batchSize } = job.options;
  if (job.state !== "running") return windowsAlone(job);
  const sharers = await readSharers(db, job);
  return perKind((kind) => fairWindow(batchSize, credit[kind], sharers[kind]));
};

/** Decides for one job without an event, as the completion monitor of `dispatch: "all"`. Ends with it: decision 0037. */
export const reconsider = (db: Db, id: string, at: string, credit: DispatchCredit): Promise<void> =>
  db.transaction(async (tx) => {
    const row = await lockJob(tx, id);
    if (row === null) return;
    const job = jobOf(row);
    const next = await enactDecisions(tx, job, credit, true);
    if (next !== job) await saveJob(tx, row, next, at);
  });
