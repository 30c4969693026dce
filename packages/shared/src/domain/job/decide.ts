import { has, prefixLength, size } from "../primitives/bit-set.ts";
import type { DispatchCredit } from "./dispatch/fair-window.ts";
import { dispatchModes } from "./dispatch/modes.ts";
import { type Job, planOf, workOf } from "./job.ts";
import { edgeTaskCount, eligibleTasks } from "./plan.ts";
import { perKind, type WorkKind } from "./task.ts";
import { settled, type Work, windowCredit } from "./work.ts";

/** Every block and every task is in its done set, or quarantined. */
export const isComplete = (job: Job): boolean =>
  job.state === "running" &&
  size(settled(job.hash)) === job.hash.count &&
  size(settled(job.compare)) === job.compare.count &&
  size(settled(workOf(job, "verify"))) === job.verify.count;

export type Decision =
  | { readonly type: "scan" }
  | { readonly type: "dispatch"; readonly kind: WorkKind; readonly from: number; readonly to: number }
  | { readonly type: "finalize"; readonly run: number };

/**
 * What to do next, by the job alone: no clock, no I/O.
 * @param monitor true when the completion monitor decides: some dispatch modes let only it end a job
 * @param windows outstanding tasks of each kind, where other jobs share the workers; left out: those of a job that is alone
 */
export const decide = (job: Job, monitor = false, windows: DispatchCredit = windowsAlone(job)): Decision[] => {
  if (job.paused) return [];
  if (job.state === "accepted") return [{ type: "scan" }];
  if (job.state !== "running") return [];
  // Ends with the roll-out: decision 0037.
  const mode = dispatchModes[job.options.dispatch];
  if (isComplete(job) && (monitor || !mode.onlyMonitorFinalizes)) return [{ type: "finalize", run: job.run }];
  const blocksReady = prefixLength(settled(job.hash), job.hash.count);
  return [
    ...dispatchable("hash", job.hash, job.hash.count, windowCredit(job.hash, windows.hash)),
    ...dispatchable(
      "compare",
      job.compare,
      eligibleTasks(planOf(job), blocksReady),
      mode.credit(job.compare, windows.compare),
    ),
    ...(job.verify.count === 0 ? [] : verifiable(job, windows.verify)),
  ];
};

/**
 * Units in their order, up to the first comparison task that is not settled: the cursor stays one number (decision 0094). None before all edges are found: which
 * of them are looked at depends on all edges of their pictures (decision 0102).
 */
const verifiable = (job: Job, window: number): Decision[] => {
  const verify = workOf(job, "verify");
  const tasksReady = prefixLength(settled(job.compare), verify.count);
  const hasEdges = tasksReady >= Math.min(edgeTaskCount(planOf(job)), verify.count);
  return hasEdges ? dispatchable("verify", verify, tasksReady, windowCredit(verify, window)) : [];
};

/** The windows of a job that is alone. */
export const windowsAlone = ({ options: { batchSize } }: Job): DispatchCredit => perKind(() => batchSize);

/** @param ready units below this one may be dispatched @param credit how many of them now */
const dispatchable = (kind: WorkKind, work: Work, ready: number, credit: number): Decision[] => {
  const finishedUnits = settled(work);
  let to = work.cursor;
  for (let left = credit; to < ready && (left > 0 || has(finishedUnits, to)); to += 1) {
    if (!has(finishedUnits, to)) left -= 1;
  }
  return to > work.cursor ? [{ type: "dispatch", kind, from: work.cursor, to }] : [];
};

/** The job after `decision` is carried out. */
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
