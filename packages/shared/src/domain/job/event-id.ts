import type { JobEventType } from "./events.ts";
import type { TaskKind } from "./task.ts";

/**
 * Ids that JetStream deduplicates by. Each names the attempt: the server's dedup map survives a
 * purge, and would swallow a re-dispatched task in silence.
 */
export const taskId = (job: string, kind: TaskKind, task: number, attempt: number): string =>
  `${job}:${kind}:${task}:a${attempt}`;

export const resultId = (
  job: string,
  kind: TaskKind,
  task: number,
  attempt: number,
  part: JobEventType | `${JobEventType}:${string}`,
): string => `${taskId(job, kind, task, attempt)}:${part}`;

export const finalizeId = (job: string, run: number): string => `${job}:finalize:${run}`;

/** Events of a job as a whole, `occasion` telling one from the next of its kind. */
export const jobEventId = (job: string, type: JobEventType, occasion: string | number): string =>
  `${job}:${type}:${occasion}`;
