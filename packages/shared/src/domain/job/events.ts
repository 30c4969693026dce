import { z } from "zod";
import { HashBlock } from "../image/hash-block.ts";
import { imageOnWire, listedImages } from "../image/listed-image.ts";
import { ListingMark } from "../image/listing.ts";
import { Mount } from "../image/missing-images.ts";
import { base64Bytes } from "../primitives/encoding.ts";
import { ShadowComparison } from "../rollout/rollout.ts";
import { FileCounts, UnlistedFile } from "./file-counts.ts";
import { JobMode, JobOptions } from "./options.ts";
import { CandidatePlan, IndexPlan } from "./plan.ts";
import { Source } from "./source.ts";
import { Envelope, WorkKind } from "./task.ts";

const event = <Type extends string, Body extends z.ZodType>(type: Type, body: Body) =>
  Envelope.extend({ type: z.literal(type), body });

/** Left out before formats were recorded: see `unrecordedFormat`. */
const hashFormat = z.string().max(64).optional();

const NONE = z.object({});

export const JobEvent = z.discriminatedUnion("type", [
  event(
    "job-accepted",
    z.object({
      catalog: z.object({ id: z.string(), name: z.string(), source: Source }),
      mode: JobMode,
      options: JobOptions,
    }),
  ),
  event("images-listed", z.object({ images: listedImages })),
  event("images-moved", z.object({ images: listedImages })),
  event("images-vanished", z.object({ ordinals: z.array(z.int().min(0)) })),
  event("files-unlisted", z.object({ files: z.array(UnlistedFile) })),
  event(
    "listing-done",
    z.object({
      images: z.int().min(0),
      blockSize: z.int().min(1),
      blocks: z.int().min(0),
      hashBits: z.int().min(64).max(256),
      hashFormat,
      /** Whether the catalog's pictures have local features; left out before that was recorded. */
      features: z.boolean().optional(),
      /** The set of blocks that an earlier job hashed; the two counts are of the images in them. */
      hashedBlocks: base64Bytes,
      hashedImages: z.int().min(0),
      failedImages: z.int().min(0),
      /** The finished job whose edges this one builds on; null = it compares every pair itself. */
      base: z.object({ job: z.string(), blocks: z.int() }).nullable(),
      /** Where the next walk over the source may begin; left out by a job that did not walk it. */
      mark: ListingMark.nullable().optional(),
      /** What became of each file under the root; left out by a job that did not walk a folder. */
      fileCounts: FileCounts.nullable().optional(),
      /** Whether the pairs that are found are verified; left out before there was verification. */
      verification: z.boolean().optional(),
      /** How candidates are sought besides edges; left out where nothing is verified. */
      candidates: CandidatePlan.optional(),
      /** The devices of the root and of what is mounted below it; left out by a job that did not walk a folder. */
      mounts: z.array(Mount).optional(),
      /** null = the exhaustive kernel. */
      index: IndexPlan.nullable().default(null),
      /** Why this kernel, in words: the cost of both. */
      kernelReason: z.string().default(""),
    }),
  ),
  event("listing-failed", z.object({ detail: z.string(), missingImages: z.int().nullable().default(null) })),
  /** A part of a block's evidence; all of them are before its `hash-done`, which has their digest. */
  event(
    "block-evidence",
    z.object({
      block: z.int().min(0),
      /** Of all parts of the block: see `resultDigest`. */
      evidenceDigest: z.string().max(64),
      part: z.int().min(0),
      evidence: base64Bytes,
    }),
  ),
  event("hash-done", HashBlock.extend({ digest: z.string(), hashFormat })),
  event(
    "pair-batch-done",
    z.object({
      task: z.int().min(0),
      comparisons: z.int().min(0),
      edgeCount: z.int().min(0),
      /** Pairs of equal hashes that it has to verify besides its edges; left out where nobody counted them. */
      equalPairs: z.int().min(0).optional(),
      /** null = too many for a message: the worker stored them in `compare_result` under `digest`. */
      edges: base64Bytes.nullable(),
      digest: z.string(),
      kernel: z.string(),
      milliseconds: z.number(),
    }),
  ),
  event(
    "verify-done",
    z.object({
      task: z.int().min(0),
      pairs: z.int().min(0),
      /** See verified-pairs.ts; null = too many for a message: the worker stored them in `verify_result` under `digest`. */
      results: base64Bytes.nullable(),
      digest: z.string().max(64),
      milliseconds: z.number(),
    }),
  ),
  event(
    "task-quarantined",
    z.object({
      kind: WorkKind,
      task: z.int().min(0),
      /** Images in the block of a hash task; 0 for another one. */
      images: z.int().min(0),
      reason: z.string(),
    }),
  ),
  event(
    "job-redriven",
    z.object({
      /** Quarantined tasks that are done again, each with the attempt that does it. */
      tasks: z.array(
        z.object({
          /** Left out for a comparison. A block stays in quarantine, because tasks were compared without it. */
          kind: z.literal("verify").optional(),
          task: z.int().min(0),
          attempt: z.int().min(1),
        }),
      ),
    }),
  ),
  event("job-paused", NONE),
  event("job-resumed", NONE),
  event("job-cancelled", NONE),
  // Ends with the roll-out: decision 0037.
  event("shadow-compared", ShadowComparison),
  event("job-finalized", z.object({ groups: z.int(), groupedImages: z.int() })),
  /** What the job is grouped by is missing: no other attempt would find it. */
  event("grouping-failed", z.object({ detail: z.string() })),
]);
export type JobEvent = z.infer<typeof JobEvent>;
export type JobEventType = JobEvent["type"];
export type EventOf<Type extends JobEventType> = Extract<JobEvent, { type: Type }>;

/** A message ready to be published: what the outbox holds and the relay sends. */
export interface Message {
  readonly eventId: string;
  readonly stream: string;
  readonly subject: string;
  readonly body: Record<string, unknown>;
}

/**
 * An event in its wire form, bytes as base64. The rows of a listing are not checked here: there are
 * millions of them, and the reader checks each.
 * @throws ZodError when the body of another event does not fit its schema
 */
export const encodeEvent = (event: JobEvent): Record<string, unknown> =>
  event.type === "images-listed" || event.type === "images-moved"
    ? { ...event, body: { images: event.body.images.map(imageOnWire) } }
    : z.encode(JobEvent, event);

/** An event from its wire form; null where its version or shape is unknown, and the reader parks it. */
export const decodeEvent = (wire: unknown): JobEvent | null => {
  const parsed = JobEvent.safeParse(wire);
  return parsed.success ? parsed.data : null;
};
