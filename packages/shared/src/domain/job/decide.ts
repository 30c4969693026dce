import { has, prefixLength, size } from "../primitives/bit-set.ts";
import { type Job, outstanding, planOf, settled, type Work } from "./job.ts";
import { eligibleTasks } from "./plan.ts";
import type { WorkKind } from "./task.ts";

/** Every block and every task is in its done set, or quarantined. */
export const isComplete = (job: Job): boolean =>
  job.state === "running" &&
  size(settled(job.hash)) === job.hash.count &&
  size(settled(job.compare)) === job.compare.count;

export type Decision =
  | { readonly type: "scan" }
  | { readonly type: "dispatch"; readonly kind: WorkKind; readonly from: number; readonly to: number }
  | { readonly type: "finalize"; readonly run: number };

/**
 * What to do next, by the job alone: no clock, no I/O.
 * @param monitor true when the completion monitor asks: with `dispatch: "all"` only it ends a job
 */
export const decide = (job: Job, monitor = false): Decision[] => {
  if (job.paused) return [];
  if (job.state === "accepted") return [{ type: "scan" }];
  if (job.state !== "running") return [];
  if (isComplete(job) && (monitor || job.options.dispatch !== "all")) {
    return [{ type: "finalize", run: job.run }];
  }
  const blocksReady = prefixLength(settled(job.hash), job.hash.count);
  const { batchSize, dispatch } = job.options;
  return [
    ...dispatchable("hash", job.hash, job.hash.count, windowRoom(job.hash, batchSize)),
    ...dispatchable(
      "compare",
      job.compare,
      eligibleTasks(planOf(job), blocksReady),
      ROOM[dispatch](job.compare, batchSize),
    ),
  ];
};

const windowRoom = (work: Work, batchSize: number): number => batchSize - outstanding(work);
const ROOM = {
  auto: windowRoom,
  window: windowRoom,
  waves: (work: Work, batchSize: number): number => (outstanding(work) === 0 ? batchSize : 0),
  all: (): number => Number.POSITIVE_INFINITY,
};

const dispatchable = (kind: WorkKind, work: Work, ready: number, room: number): Decision[] => {
  const finishedUnits = settled(work);
  let to = work.cursor;
  for (let left = room; to < ready && (left > 0 || has(finishedUnits, to)); to += 1) {
    if (!has(finishedUnits, to)) left -= 1;
  }
  return to > work.cursor ? [{ type: "dispatch", kind, from: work.cursor, to }] : [];
};

/** The job once `decision` is carried out. */
export const enact = (job: Job, decision: Decision): Job => {
  switch (decision.type) {
    case "scan":
      return { ...job, state: "listing" };
    case "dispatch":
      return { ...job, [decision.kind]: { ...job[decision.kind], cursor: decision.to } };
    case "finalize":
      return { ...job, state: "finalizing" };
  }
};
