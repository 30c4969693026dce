import { z } from "zod";
import { RolloutChoice } from "../rollout/rollout.ts";

const Globs = z.array(z.string()).default([]);

const S3Source = z.object({
  kind: z.literal("s3"),
  bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "must be the name of an S3 bucket"),
  prefix: z.string().max(1_024).default("").meta({ description: "Only keys that begin with this" }),
  include: Globs.meta({ description: "Globs a key, without the prefix, must match; none = every image" }),
  exclude: Globs.meta({ description: "Globs of keys, without the prefix, to leave out" }),
  svg: z.boolean().default(false).meta({ description: "Also list SVG files" }),
});

/** Where a catalog's images come from. Each kind is one file under the hasher's `sources/`. */
export const Source = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("directory"),
    root: z.string().min(1).meta({ description: "Absolute path of the folder to scan" }),
    include: Globs.meta({ description: "Globs a relative path must match; none = every image" }),
    exclude: Globs.meta({ description: "Globs of relative paths to leave out" }),
    list: z.string().min(1).nullable().default(null).meta({
      description: "Absolute path of a text file: only the files it names, one path a line, under the root",
    }),
    svg: z.boolean().default(false).meta({ description: "Also list SVG files" }),
  }),
  S3Source,
  z.object({
    kind: z.literal("hashes"),
    file: z
      .string()
      .min(1)
      .meta({ description: "Absolute path of an NDJSON file of {id, hash, width?, height?, bytes?}" }),
  }),
]);
export type Source = z.infer<typeof Source>;

const S3_ADDRESS = /^s3:\/\/([^/]+)\/?(.*)$/;

/** An address like s3://bucket/prefix as a source; null when it is none. */
export const s3Source = (address: string): Extract<Source, { kind: "s3" }> | null => {
  const [, bucket, prefix] = S3_ADDRESS.exec(address) ?? [];
  return S3Source.safeParse({ kind: "s3", bucket, prefix }).data ?? null;
};

/** Where a source is, in a word: what people call it. */
export const sourceLabel = (source: Source): string =>
  source.kind === "directory"
    ? source.root
    : source.kind === "s3"
      ? `s3://${source.bucket}/${source.prefix}`
      : `hashes:${source.file}`;

/** A folder as a source, everything in it. */
export const directorySource = (root: string): Source => Source.parse({ kind: "directory", root });

/** How similar pairs become groups. See `grouping.ts`. */
export const Grouping = z.enum(["clique", "star", "pairs", "transitive"]);
export type Grouping = z.infer<typeof Grouping>;

/**
 * How comparison tasks are handed out: a sliding `window` of `batchSize` outstanding tasks, `waves`
 * of `batchSize` that each wait for their last task, or `all` at once with the completion monitor;
 * `auto` as the roll-out says, a window unless it says otherwise.
 */
export const Dispatch = z.enum(["auto", "window", "waves", "all"]);
export type Dispatch = z.infer<typeof Dispatch>;

/** `exhaustive` compares every pair, `indexed` finds the same edges by bands of bits; `auto` takes the cheaper one. */
export const KernelChoice = z.enum(["auto", "exhaustive", "indexed"]);
export type KernelChoice = z.infer<typeof KernelChoice>;

export const MAX_THRESHOLD_BITS = 64;

/** What an owner may choose when starting a job. */
export const JobOptions = z.object({
  thresholdBits: z.int().min(0).max(MAX_THRESHOLD_BITS).nullable().default(null).meta({
    description: "Largest Hamming distance of a similar pair, in bits; null = the default for the hash length",
  }),
  grouping: Grouping.default("clique"),
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
  dispatch: Dispatch.default("auto"),
  kernel: KernelChoice.default("auto"),
  reference: z
    .string()
    .max(64)
    .nullable()
    .default(null)
    .meta({ description: "Id of another catalog: which of these images are in it already" }),
  rollout: z.array(RolloutChoice).default([]),
  shadowOf: z.string().max(64).nullable().default(null).meta({ description: "The job a shadow is compared with" }),
});
export type JobOptions = z.infer<typeof JobOptions>;

/**
 * new: list the source, hash what is new, compare only what no earlier job compared. full: compare
 * everything again. regroup: group what is stored by another threshold or grouping, without listing,
 * hashing or comparing. retry: as new, and images that could not be hashed are read again.
 * shadow: compare what another job compared, by the other choice of a feature; its owner never sees it.
 */
export const JobMode = z.enum(["new", "full", "regroup", "retry", "shadow"]);
export type JobMode = z.infer<typeof JobMode>;

/** Threshold when the owner gives none: docs/decisions/0004-threshold.md has the measurement. */
export const defaultThresholdBits = (hashBits: number): number => Math.floor((hashBits * 5) / 64);

/**
 * Edges are stored up to this distance, so that another threshold regroups without comparing
 * again: an eighth of the hash, or the threshold where that is larger.
 */
export const radiusBitsFor = (hashBits: number, thresholdBits: number): number =>
  Math.max(thresholdBits, Math.floor(hashBits / 8));
