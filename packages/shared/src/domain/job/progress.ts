import { z } from "zod";
import { has, size, sizeBelow } from "../primitives/bit-set.ts";
import { type Job, planOf } from "./job.ts";
import { edgeTaskCount, pairCount, pairsOfTask } from "./plan.ts";
import { settled } from "./work.ts";

export const Phase = z.enum(["listing", "hashing", "comparing", "verifying", "grouping", "done"]);
export type Phase = z.infer<typeof Phase>;

export type Progress = Readonly<ReturnType<typeof progressOf>>;

/** A job's progress in the numbers that people read. Counts never decrease. */
export const progressOf = (job: Job) => ({
  phase: phaseOf(job),
  totalImages: job.images,
  completedImages: job.hashedImages,
  failedImages: job.failedImages,
  totalBlocks: job.hash.count,
  completedBlocks: size(job.hash.done),
  totalBlockPairs: job.listing === null ? 0 : pairCount(planOf(job)),
  completedBlockPairs: completedPairs(job),
  totalTasks: job.compare.count,
  completedTasks: size(job.compare.done),
  totalVerifyTasks: job.verify.count,
  completedVerifyTasks: size(job.verify.done),
  quarantinedTasks: size(job.hash.quarantined) + size(job.compare.quarantined) + size(job.verify.quarantined),
});

const phaseOf = (job: Job): Phase => {
  if (job.state === "accepted" || job.state === "listing") return "listing";
  if (job.state === "finalizing") return "grouping";
  if (job.state !== "running") return "done";
  if (size(settled(job.hash)) < job.hash.count) return "hashing";
  return size(settled(job.compare)) < job.compare.count || job.verify.count === 0 ? "comparing" : "verifying";
};

const completedPairs = (job: Job): number => {
  if (job.listing === null) return 0;
  const plan = planOf(job);
  const tasks = edgeTaskCount(plan);
  const last = tasks - 1;
  if (last < 0) return 0;
  const done = sizeBelow(job.compare.done, tasks);
  // An indexed task is one band of many pairs, so each task counts as its share of all pairs.
  if (plan.index !== null) return Math.floor((pairCount(plan) * done) / tasks);
  const short = plan.pairsPerTask - (pairsOfTask(plan, last).to - pairsOfTask(plan, last).from);
  return done * plan.pairsPerTask - (has(job.compare.done, last) ? short : 0);
};

/** A reading of how far a phase is. */
interface RateReading {
  readonly phase: Phase;
  /** Units done. */
  readonly done: number;
  /** ISO time; null when no rate has been read in this phase. */
  readonly at: string | null;
}

const HALF_LIFE_SECONDS = 10;
const SHORTEST_SECONDS = 0.2;

/**
 * Units per second, smoothed so that a burst of results does not make the remaining time jump: the
 * weight of an old reading halves every ten seconds. A new phase starts without a rate; 0 = not known yet.
 */
export const nextRate = (
  last: RateReading & { rate: number },
  now: RateReading & { at: string },
): { rate: number; at: string } => {
  if (last.at === null || last.phase !== now.phase) return { rate: 0, at: now.at };
  const seconds = (Date.parse(now.at) - Date.parse(last.at)) / 1000;
  // The interval is too short to divide by: the old reading stays, and the next one covers both.
  if (now.done === last.done || seconds < SHORTEST_SECONDS) return { rate: last.rate, at: last.at };
  const reading = (now.done - last.done) / seconds;
  const weight = last.rate === 0 ? 0 : 0.5 ** (seconds / HALF_LIFE_SECONDS);
  return { rate: last.rate * weight + reading * (1 - weight), at: now.at };
};

/** The numbers that a phase's rate is computed from. */
type PhaseProgress = Pick<
  Progress,
  | "phase"
  | "completedImages"
  | "totalImages"
  | "completedBlockPairs"
  | "totalBlockPairs"
  | "completedVerifyTasks"
  | "totalVerifyTasks"
>;

/** What the phase counts: images while hashing, tasks while verifying, block pairs otherwise. */
export const unitsOf = (progress: PhaseProgress): { done: number; total: number } => {
  switch (progress.phase) {
    case "hashing":
      return { done: progress.completedImages, total: progress.totalImages };
    case "verifying":
      return { done: progress.completedVerifyTasks, total: progress.totalVerifyTasks };
    default:
      return { done: progress.completedBlockPairs, total: progress.totalBlockPairs };
  }
};

/** Seconds that a job's phase still needs, or null while no rate is known. */
export const remainingSeconds = (job: PhaseProgress & { readonly rate: number }): number | null => {
  const { done, total } = unitsOf(job);
  return job.rate > 0 ? Math.max(0, (total - done) / job.rate) : null;
};
