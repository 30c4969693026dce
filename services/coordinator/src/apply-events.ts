import type { DispatchCredit } from "@lookalike/shared/domain/job/dispatch/fair-window";
import type { EventOf, JobEvent } from "@lookalike/shared/domain/job/events";
import { evolve } from "@lookalike/shared/domain/job/evolve";
import { acceptedJob, isOver, type Job, type JobState, type TaskRef } from "@lookalike/shared/domain/job/job";
import { outsidePlan } from "@lookalike/shared/domain/job/outside-plan";
import { settled } from "@lookalike/shared/domain/job/work";
import { has } from "@lookalike/shared/domain/primitives/bit-set";
import { enqueueWebhooks } from "@lookalike/shared/store/access/webhooks";
import { createCatalog } from "@lookalike/shared/store/catalog/catalogs";
import { insertJob, type JobRow, jobOf, lockJob, saveJob } from "@lookalike/shared/store/jobs/jobs";
import { isInOutbox, markApplied } from "@lookalike/shared/store/jobs/outbox";
import type { Db } from "@lookalike/shared/store/open";
import { enactDecisions } from "./enact-decisions.ts";
import { recordEvent } from "./record-event.ts";
import { sendAttempt } from "./retry.ts";
import { startShadows } from "./rollout/rollout.ts";

/** What follows when a job ends, in the transaction that ends it. startShadows ends with the roll-out: decision 0037. */
const ON_JOB_OVER: readonly ((db: Db, job: Job, at: string) => Promise<void>)[] = [enqueueWebhooks, startShadows];

/**
 * Folds a micro-batch of events into the projection, in one transaction: rows by natural key, done sets, and what
 * follows from them. Jobs are locked in the order of their ids, so that coordinators cannot deadlock; events are
 * applied in the order of the log, since a catalog's next job builds on the rows of the one before.
 * @param credit outstanding tasks that the jobs share; null = the jobs are alone, as in a replay
 * @returns the ids of the jobs that the events are about, their changes of state for the log, and what was refused
 */
export const applyEvents = (db: Db, events: readonly JobEvent[], credit: DispatchCredit | null = null) =>
  db.transaction(async (tx) => {
    for (const event of events) if (event.type === "job-accepted") await restoreJob(tx, event);
    const folds = await lockJobs(tx, events);
    await markApplied(
      tx,
      events.map(({ eventId }) => eventId),
    );
    const refused: { event: JobEvent; reason: string }[] = [];
    for (const event of events) {
      const fold = folds.get(event.job);
      if (credit !== null && (await lacksResult(tx, event))) continue;
      const reason = fold === undefined ? "no such job" : await applyEvent(tx, fold, event);
      if (reason !== null) refused.push({ event, reason });
    }
    const changes: { job: string; from: JobState; to: JobState; run: number; paused: boolean }[] = [];
    for (const { row, job, at } of folds.values()) {
      if (at === null) continue;
      const next = await enactDecisions(tx, job, credit);
      await saveJob(tx, row, next, at);
      const { id, state, run, paused } = next;
      if (row.state !== state || row.paused !== paused)
        changes.push({ job: id, from: row.state, to: state, run, paused });
      if (isOver(next) && row.state !== state) for (const react of ON_JOB_OVER) await react(tx, next, at);
    }
    return { jobs: [...folds.keys()], changes, refused };
  });

/**
 * Whether the event is about a result that is not stored: its transaction puts the event into the outbox. A standby that lacks the last commits
 * may get the event without the result; the job is then grouped again. A replay has no results at all.
 */
const lacksResult = async (db: Db, { type, eventId }: JobEvent): Promise<boolean> =>
  type === "job-finalized" && !(await isInOutbox(db, eventId));

/** A job that is locked while its events are folded. */
interface Fold {
  /** The row as it was before. */
  readonly row: JobRow;
  job: Job;
  /** Time of the last event that was applied; null = none yet. */
  at: string | null;
}

const lockJobs = async (db: Db, events: readonly JobEvent[]): Promise<Map<string, Fold>> => {
  const folds = new Map<string, Fold>();
  for (const id of [...new Set(events.map(({ job }) => job))].sort()) {
    const row = await lockJob(db, id);
    if (row !== null) folds.set(id, { row, job: jobOf(row), at: null });
  }
  return folds;
};

/** @returns why the event is refused, or null */
const applyEvent = async (db: Db, fold: Fold, event: JobEvent): Promise<string | null> => {
  const reason = outsidePlan(fold.job, event) ?? (await recordEvent(db, fold.job, event));
  if (reason !== null) return reason;
  const { job, released } = folded(fold.job, event);
  for (const { attempt, ...task } of released) await sendAttempt(db, job, task, attempt, "left quarantine");
  fold.job = job;
  fold.at = event.at;
  return null;
};

/** The job after an event, and the tasks below its cursors that are to be sent by it, each with its attempt. */
export const folded = (before: Job, event: JobEvent): { readonly job: Job; readonly released: readonly Released[] } => {
  const job = evolve(before, event);
  return { job, released: job === before ? [] : releasedBy(job, event) };
};

type Released = TaskRef & { readonly attempt: number };

/**
 * Tasks that leave quarantine, with the attempt that their event names; and the verification of what a comparison found
 * that was in quarantine when the cursor passed it: nobody has sent it yet.
 */
const releasedBy = (job: Job, event: JobEvent): Released[] => {
  if (event.type === "job-redriven")
    return event.body.tasks.map(({ kind, task, attempt }) => ({ kind: kind ?? "compare", task, attempt }));
  if (event.type !== "pair-batch-done") return [];
  const { task } = event.body;
  const isPassed = task < job.verify.cursor && !has(settled(job.verify), task);
  return isPassed ? [{ kind: "verify", task, attempt: 0 }] : [];
};

/** Adds what the tables have lost of the log: they are rebuilt from it. */
const restoreJob = async (db: Db, event: EventOf<"job-accepted">): Promise<void> => {
  const { id, name, source } = event.body.catalog;
  await createCatalog(db, event.tenant, name, source, id);
  await insertJob(db, acceptedJob(event), event.at);
};
