import { z } from "zod";
import { has, size } from "../primitives/bit-set.ts";
import { type Job, planOf } from "./job.ts";
import { pairCount, pairsOfTask } from "./plan.ts";
import { settled } from "./work.ts";

export const Phase = z.enum(["listing", "hashing", "comparing", "grouping", "done"]);
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
  quarantinedTasks: size(job.hash.quarantined) + size(job.compare.quarantined),
});

const phaseOf = (job: Job): Phase => {
  if (job.state === "accepted" || job.state === "listing") return "listing";
  if (job.state === "finalizing") return "grouping";
  if (job.state !== "running") return "done";
  return size(settled(job.hash)) < job.hash.count ? "hashing" : "comparing";
};

const completedPairs = (job: Job): number => {
  const last = job.compare.count - 1;
  if (last < 0) return 0;
  const plan = planOf(job);
  // An indexed task is one band of many pairs, so each task counts as its share of all pairs.
  if (plan.index !== null) return Math.floor((pairCount(plan) * size(job.compare.done)) / job.compare.count);
  const short = plan.pairsPerTask - (pairsOfTask(plan, last).to - pairsOfTask(plan, last).from);
  return size(job.compare.done) * plan.pairsPerTask - (has(job.compare.done, last) ? short : 0);
};
