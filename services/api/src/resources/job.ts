import { Grouping, JobMode, JobOptions } from "@lookalike/shared/domain/job/options";
import { remainingSeconds } from "@lookalike/shared/domain/job/rate";
import { iso } from "@lookalike/shared/domain/primitives/encoding";
import type { JobRow } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import { getFinalization } from "@lookalike/shared/store/results/results";
import { z } from "zod";

/** An owner never sees a shadow. Ends with the roll-out: decision 0037. */
const OwnersMode = JobMode.exclude(["shadow"]);

export const NewJob = JobOptions.omit({ rollout: true, shadowOf: true })
  .extend({ mode: OwnersMode.default("new") })
  .meta({ id: "NewJob" });

export const Job = z
  .object({
    id: z.string(),
    catalog: z.string(),
    mode: OwnersMode,
    options: JobOptions,
    state: z.enum(["accepted", "listing", "running", "finalizing", "completed", "failed", "cancelled"]),
    phase: z.enum(["listing", "hashing", "comparing", "grouping", "done"]),
    paused: z.boolean(),
    run: z.int(),
    failure: z.string().nullable(),
    blockSize: z.int().nullable(),
    hashBits: z.int().nullable(),
    thresholdBits: z.int().nullable(),
    radiusBits: z.int().nullable(),
    kernel: z.enum(["exhaustive", "indexed"]).nullable().meta({ description: "null until listed" }),
    kernelReason: z.string().nullable().meta({ description: "What each kernel would cost" }),
    totalImages: z.int(),
    completedImages: z.int(),
    failedImages: z.int(),
    totalBlocks: z.int(),
    completedBlocks: z.int(),
    totalBlockPairs: z.int(),
    completedBlockPairs: z.int(),
    totalTasks: z.int(),
    completedTasks: z.int(),
    quarantinedTasks: z.int(),
    rate: z.number().meta({ description: "Images or block pairs a second, as the phase counts; 0 = not known yet" }),
    etaSeconds: z.number().nullable(),
    acceptedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
    result: z
      .object({
        grouping: Grouping,
        thresholdBits: z.int(),
        groups: z.int(),
        groupedImages: z.int(),
        flatImages: z.int(),
        edges: z.int().meta({
          description:
            "Similar pairs that were grouped; on top of an earlier job's result, only those that a change touched",
        }),
      })
      .nullable(),
  })
  .meta({ id: "Job" });

/** A job as clients see it, with its result once there is one. */
export const jobResource = async (db: Db, row: JobRow): Promise<z.infer<typeof Job>> => {
  const result = row.state === "completed" ? await getFinalization(db, { jobId: row.id, run: row.run }) : null;
  return {
    id: row.id,
    catalog: row.catalogId,
    mode: row.mode as z.infer<typeof Job>["mode"],
    options: row.options,
    state: row.state,
    phase: row.phase as z.infer<typeof Job>["phase"],
    paused: row.paused,
    run: row.run,
    failure: row.failure,
    blockSize: row.blockSize,
    hashBits: row.hashBits,
    thresholdBits: row.thresholdBits,
    radiusBits: row.radiusBits,
    kernel: row.kernelReason === null ? null : row.bands === null ? "exhaustive" : "indexed",
    kernelReason: row.kernelReason,
    totalImages: row.totalImages,
    completedImages: Math.max(row.completedImages, row.shownImages),
    failedImages: row.failedImages,
    totalBlocks: row.totalBlocks,
    completedBlocks: row.completedBlocks,
    totalBlockPairs: row.totalBlockPairs,
    completedBlockPairs: row.completedBlockPairs,
    totalTasks: row.totalTasks,
    completedTasks: row.completedTasks,
    quarantinedTasks: row.quarantinedTasks,
    rate: row.rate,
    etaSeconds: remainingSeconds(row),
    acceptedAt: iso(row.acceptedAt),
    finishedAt: iso(row.finishedAt),
    result,
  };
};
