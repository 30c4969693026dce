import { jobEvent, taskMessage } from "@lookalike/shared/bus/messages";
import type { Message } from "@lookalike/shared/domain/job/events";
import { type Job, listed, type TaskRef } from "@lookalike/shared/domain/job/job";
import { type LostAttempt, type Retry, retryOf } from "@lookalike/shared/domain/job/recovery";
import { readImages } from "@lookalike/shared/store/catalog/images";
import { failedAttempts, insertAttempt, lastAttempt } from "@lookalike/shared/store/jobs/attempts";
import { jobOf, lockJob } from "@lookalike/shared/store/jobs/jobs";
import { addToOutbox } from "@lookalike/shared/store/jobs/outbox";
import type { Db } from "@lookalike/shared/store/open";

interface LostTask extends LostAttempt {
  readonly job: string;
  readonly reason: string;
}

/** Sends a lost task again as its next attempt, or quarantines it: see `retryOf`. */
export const retryTask = (db: Db, lost: LostTask, maxAttempts: number): Promise<Retry> =>
  db.transaction(async (tx) => {
    const { job: id, kind, task, reason, failed } = lost;
    const row = await lockJob(tx, id);
    if (row === null) return "stale";
    const job = jobOf(row);
    const last = await lastAttempt(tx, id, kind, task);
    const retry = retryOf(job, lost, { last, failures: await failedAttempts(tx, id, kind, task) }, maxAttempts);
    const next = last + 1;
    switch (retry) {
      case "stale":
        return retry;
      case "redispatched":
        return (await sendAttempt(tx, job, { kind, task }, next, reason, failed)) ? retry : "stale";
      case "quarantined":
        if (!(await insertAttempt(tx, { jobId: id, kind, task, attempt: next, reason, failed }))) return "stale";
        await addToOutbox(tx, quarantineMessage(job, lost, reason, await imagesOf(tx, job, lost)));
        return retry;
    }
  });

/** Sends a task again as this attempt. false = the attempt is recorded, so another coordinator sends it. */
export const sendAttempt = async (
  db: Db,
  job: Job,
  { kind, task }: TaskRef,
  attempt: number,
  reason: string,
  failed = false,
): Promise<boolean> => {
  const isNew = await insertAttempt(db, { jobId: job.id, kind, task, attempt, reason, failed });
  if (isNew) await addToOutbox(db, taskMessage(job, kind, task, attempt));
  return isNew;
};

/** Images of a block that a hash task would have hashed. */
const imagesOf = async (db: Db, job: Job, { kind, task }: TaskRef): Promise<number> => {
  if (kind !== "hash") return 0;
  const { blockSize } = listed(job);
  return (await readImages(db, job.catalog, task * blockSize, (task + 1) * blockSize)).length;
};

/** The event by which a task is given up; a job whose source can't be listed fails. */
export const quarantineMessage = (
  job: Job,
  { kind, task, attempt }: LostAttempt,
  reason: string,
  images: number,
): Message =>
  kind === "scan"
    ? jobEvent(job, "listing-failed", "quarantined", {
        detail: `the source could not be listed: ${reason}`,
        missingImages: null,
      })
    : jobEvent(job, "task-quarantined", `${kind}:${task}:a${attempt}`, { kind, task, images, reason });
