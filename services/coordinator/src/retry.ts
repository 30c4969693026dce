import { jobEvent, taskMessage } from "@lookalike/shared/bus/messages";
import { type Job, listed, type TaskRef } from "@lookalike/shared/domain/job/job";
import type { TaskKind } from "@lookalike/shared/domain/job/task";
import { settled } from "@lookalike/shared/domain/job/work";
import { has } from "@lookalike/shared/domain/primitives/bit-set";
import { readImages } from "@lookalike/shared/store/catalog/images";
import { failedAttempts, insertAttempt, lastAttempt } from "@lookalike/shared/store/jobs/attempts";
import { jobOf, lockJob } from "@lookalike/shared/store/jobs/jobs";
import { addToOutbox } from "@lookalike/shared/store/jobs/outbox";
import type { Db } from "@lookalike/shared/store/open";

interface LostTask extends TaskRef {
  readonly job: string;
  /** The attempt that was lost. */
  readonly attempt: number;
  /** Whether the work failed; otherwise a message was lost, which counts as no failure. */
  readonly failed: boolean;
  readonly reason: string;
}

export type Retry = "redispatched" | "quarantined" | "stale";

/**
 * Sends a lost task again as its next attempt, or quarantines it after `maxAttempts` failures, so that no
 * task can keep its job from ending. A task that is settled or has a later attempt is left alone:
 * any number of coordinators may report the same loss.
 */
export const retryTask = (
  db: Db,
  { job: id, kind, task, attempt, failed, reason }: LostTask,
  maxAttempts: number,
): Promise<Retry> =>
  db.transaction(async (tx) => {
    const row = await lockJob(tx, id);
    if (row === null) return "stale";
    const job = jobOf(row);
    if (!isOpen(job, kind, task)) return "stale";
    const last = await lastAttempt(tx, id, kind, task);
    if (attempt !== last) return "stale";
    const next = last + 1;
    const failures = (await failedAttempts(tx, id, kind, task)) + (failed ? 1 : 0);
    if (failures < maxAttempts)
      return (await sendAttempt(tx, job, { kind, task }, next, reason, failed)) ? "redispatched" : "stale";
    if (!(await insertAttempt(tx, { jobId: id, kind, task, attempt: next, reason, failed }))) return "stale";
    await addToOutbox(tx, await quarantineMessage(tx, job, kind, task, last, reason));
    return "quarantined";
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

const isOpen = (job: Job, kind: TaskKind, task: number): boolean =>
  kind === "scan"
    ? job.state === "listing"
    : job.state === "running" && task < job[kind].count && !has(settled(job[kind]), task);

const quarantineMessage = async (db: Db, job: Job, kind: TaskKind, task: number, attempt: number, reason: string) => {
  if (kind === "scan")
    return jobEvent(job, "listing-failed", "quarantined", {
      detail: `the source could not be listed: ${reason}`,
      missingImages: null,
    });
  const { blockSize } = listed(job);
  const block = kind === "hash" ? await readImages(db, job.catalog, task * blockSize, (task + 1) * blockSize) : [];
  return jobEvent(job, "task-quarantined", `${kind}:${task}:a${attempt}`, { kind, task, images: block.length, reason });
};
