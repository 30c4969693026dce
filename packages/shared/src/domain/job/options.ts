import { z } from "zod";
import { rolloutOptions } from "../rollout/rollout.ts";
import { Dispatch } from "./dispatch/modes.ts";
import { KernelChoice } from "./plan.ts";

/** How similar pairs become groups. See `grouping.ts`. */
export const Grouping = z.enum(["clique", "star", "pairs", "transitive", "masters"]);
export type Grouping = z.infer<typeof Grouping>;

export const MAX_THRESHOLD_BITS = 64;

/** What an owner may choose when starting a job. */
export const JobOptions = z.object({
  thresholdBits: z.int().min(0).max(MAX_THRESHOLD_BITS).nullable().default(null).meta({
    description: "Largest Hamming distance of a similar pair, in bits; null = the default for the hash length",
  }),
  // Left out and not null where nobody chose: services of the version before read that as their default.
  grouping: Grouping.optional().meta({
    description:
      "How similar pairs become groups. Left out: masters where pairs are verified, else clique. masters: each image with the one that it was made from",
  }),
  blockSize: z
    .int()
    .min(2)
    .max(4_096)
    .nullable()
    .default(null)
    .meta({ description: "Images per block, fixed for the life of the catalog; null = by catalog size" }),
  pairsPerTask: z.int().min(1).max(10_000).default(50),
  batchSize: z
    .int()
    .min(1)
    .max(100_000)
    .default(100)
    .meta({ description: "Outstanding tasks (window) or tasks per wave (waves)" }),
  // Ends with the roll-out: decision 0037.
  dispatch: Dispatch.default("auto"),
  kernel: KernelChoice.default("auto"),
  reference: z
    .string()
    .max(64)
    .nullable()
    .default(null)
    .meta({ description: "Id of another catalog: which of these images are in it already" }),
  features: z.boolean().nullable().default(null).meta({
    description:
      "Whether local features of each picture are stored, 38 bytes each, up to 64; null = as the catalog's last job, at first true. Pictures that lack them are hashed again",
  }),
  verification: z.boolean().nullable().default(null).meta({
    description:
      "Whether the pictures of each pair that is found are looked at; pairs that do not show the same are not grouped. null = as the catalog's last job, at first false. Switched on, all pairs are compared once more",
  }),
  acceptMissing: z.boolean().default(false).meta({
    description: "Whether the job goes on where more than 50 images and a fifth of the catalog are missing",
  }),
  // Ends with the roll-out: decision 0037.
  ...rolloutOptions,
});
export type JobOptions = z.infer<typeof JobOptions>;

/**
 * new: list the source, hash what is new, compare only what no earlier job compared. full: read every file
 * again, hash those that have changed or have hashes of another format, and compare everything. regroup: group what is stored by another threshold or grouping, without listing,
 * hashing or comparing. retry: as new, and images that could not be hashed are read again.
 * shadow: compare what another job compared, by the other choice of a feature; its owner never sees
 * it. This mode ends with the roll-out: decision 0037.
 */
export const JobMode = z.enum(["new", "full", "regroup", "retry", "shadow"]);
export type JobMode = z.infer<typeof JobMode>;

/** How a job groups: as its owner chose, else around masters where somebody has looked at its pairs. */
export const groupingOf = ({ grouping }: Pick<JobOptions, "grouping">, isVerified: boolean): Grouping =>
  grouping ?? (isVerified ? "masters" : "clique");

/** Threshold when the owner gives none: docs/decisions/0004-threshold.md has the measurement. */
export const defaultThresholdBits = (hashBits: number): number => Math.floor((hashBits * 5) / 64);

/**
 * Edges are stored up to this distance, so that another threshold regroups without comparing
 * again: an eighth of the hash, or the threshold where that is larger.
 */
export const radiusBitsFor = (hashBits: number, thresholdBits: number): number =>
  Math.max(thresholdBits, Math.floor(hashBits / 8));
