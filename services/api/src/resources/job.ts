import { FileCounts } from "@lookalike/shared/domain/job/file-counts";
import { JobState } from "@lookalike/shared/domain/job/job";
import { Grouping, JobMode, JobOptions } from "@lookalike/shared/domain/job/options";
import { KernelChoice } from "@lookalike/shared/domain/job/plan";
import { Phase, remainingSeconds } from "@lookalike/shared/domain/job/progress";
import { mapInSlices } from "@lookalike/shared/runtime/loop-turns";
import type { JobRow } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import { readFinalizations } from "@lookalike/shared/store/results/results";
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
    state: JobState,
    phase: Phase,
    paused: z.boolean(),
    run: z.int(),
    failure: z.string().nullable(),
    missingImages: z.int().nullable().meta({
      description: "Known images that the scan did not find, where it stopped because they were so many",
    }),
    blockSize: z.int().nullable(),
    hashBits: z.int().nullable(),
    thresholdBits: z.int().nullable(),
    radiusBits: z.int().nullable(),
    kernel: KernelChoice.exclude(["auto"]).nullable().meta({ description: "null until listed" }),
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
    totalVerifyTasks: z.int().meta({ description: "Tasks that verify the pairs of a comparison task each; 0 = none" }),
    completedVerifyTasks: z.int(),
    quarantinedTasks: z.int(),
    fileCounts: FileCounts.nullable().meta({
      description: "What became of each file under the source's root; null where the job walked no folder",
    }),
    rate: z
      .number()
      .meta({ description: "Images, block pairs or verifications a second, as the phase counts; 0 = not known yet" }),
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
        unverifiedPairs: z.int().nullable().meta({
          description:
            "Pairs that were found and nobody looked at: a picture could not be read, or has too many look-alikes; null where pairs are not verified",
        }),
        edges: z.int().meta({
          description:
            "Similar pairs that were grouped; on top of an earlier job's result, only those that a change touched",
        }),
      })
      .nullable(),
  })
  .meta({ id: "Job" });

/** Jobs as clients see them, with their results once there are some. */
export const jobResources = async (db: Db, rows: readonly JobRow[]): Promise<z.infer<typeof Job>[]> => {
  const completed = rows.filter(({ state }) => state === "completed");
  const results = await readFinalizations(
    db,
    completed.map(({ id: jobId, run }) => ({ jobId, run })),
  );
  return mapInSlices(rows, (row) => {
    const kernel = row.bands === null ? "exhaustive" : "indexed";
    return Job.parse({
      ...row,
      catalog: row.catalogId,
      kernel: row.kernelReason === null ? null : kernel,
      completedImages: Math.max(row.completedImages, row.shownImages),
      etaSeconds: remainingSeconds(row),
      result: results.get(row.id) ?? null,
    });
  });
};

/** A job as clients see it, with its result once there is one. */
export const jobResource = async (db: Db, row: JobRow): Promise<z.infer<typeof Job>> => {
  const [job] = await jobResources(db, [row]);
  if (job === undefined) throw new Error(`job ${row.id} has no resource`);
  return job;
};
