import { has, missing } from "../primitives/bit-set.ts";
import { type Job, missingTasks, type TaskRef, workOf } from "./job.ts";
import { WorkKind } from "./task.ts";
import { settled } from "./work.ts";

/** What the outbox and the streams have of a job that has been silent for long, or of whose tasks one was overtaken. */
export interface Evidence {
  /** A message of the job waits in the outbox, or a task that is dispatched waits to be published. */
  readonly isUnpublished: boolean;
  /** An event of the job is not applied yet. */
  readonly hasUnhandledEvents: boolean;
  /** Whether a worker has or will get this task, or may have: then it may still have a result. */
  readonly mayHaveResult: (task: TaskRef) => boolean;
  /** The order to group the job's run; "none" where its stream has nothing in its subject. */
  readonly order: "unhandled" | "handled" | "none";
  /** The event about the run's result is, or was, in the outbox: then it arrives by itself. */
  readonly hasResult: boolean;
}

export type Recovery =
  | { readonly type: "wait" }
  | { readonly type: "retry"; readonly tasks: readonly TaskRef[] }
  | { readonly type: "publish-order" }
  | { readonly type: "next-run" };

/** Tasks of a kind that one round sends again. */
const TASKS_PER_ROUND = 1_000;

/** Tasks whose results may be lost: dispatched, and in no set. */
export const unfinishedTasks = (job: Job): TaskRef[] => (job.paused ? [] : missingTasks(job, TASKS_PER_ROUND));

/** How far a task may be behind, in windows: workers finish tasks in another order, but not in any order. */
const WINDOWS_BEHIND = 1.5;

/**
 * Whether a task without a result was overtaken by so many others that it may be lost: each lost one narrows the window of
 * a job that never falls silent.
 */
export const hasOvertakenTasks = (job: Job): boolean =>
  job.state === "running" &&
  WorkKind.options.some((kind) => {
    const { cursor } = job[kind];
    const [first] = missing(settled(workOf(job, kind)), 0, cursor);
    return first !== undefined && cursor - first > WINDOWS_BEHIND * job.options.batchSize;
  });

/**
 * What a silent job has lost with a stream, and how it continues. A message is lost where its effect is missing and its
 * consumer has handled all that the stream has of it, so that nothing is sent again for being slow. Where an order was
 * handled and nobody has stored a result, the job begins its next run, which has an order of its own.
 */
export const recoveryOf = (job: Job, evidence: Evidence): Recovery => {
  if (evidence.isUnpublished || evidence.hasUnhandledEvents) return { type: "wait" };
  if (job.state === "finalizing") {
    if (evidence.order === "unhandled" || evidence.hasResult) return { type: "wait" };
    return { type: evidence.order === "none" ? "publish-order" : "next-run" };
  }
  return { type: "retry", tasks: unfinishedTasks(job).filter((task) => !evidence.mayHaveResult(task)) };
};

/** An attempt at a task that gave no result. */
export interface LostAttempt extends TaskRef {
  readonly attempt: number;
  /** Whether the work failed; otherwise a message was lost, which counts as no failure. */
  readonly failed: boolean;
}

/** A task's attempts so far: the number of the last one, and how many failed. */
export interface AttemptsSoFar {
  readonly last: number;
  readonly failures: number;
}

export type Retry = "redispatched" | "quarantined" | "stale";

/**
 * Whether a lost task is sent again as its next attempt, or quarantined after `maxAttempts` failures, so that no task can
 * keep its job from ending. A task that is settled or has a later attempt is left alone ("stale"): any number of
 * coordinators may report the same loss.
 */
export const retryOf = (job: Job, lost: LostAttempt, { last, failures }: AttemptsSoFar, maxAttempts: number): Retry => {
  if (!isOpen(job, lost) || lost.attempt !== last) return "stale";
  return failures + (lost.failed ? 1 : 0) < maxAttempts ? "redispatched" : "quarantined";
};

const isOpen = (job: Job, { kind, task }: TaskRef): boolean =>
  kind === "scan"
    ? job.state === "listing"
    : job.state === "running" && task < job[kind].count && !has(settled(workOf(job, kind)), task);
