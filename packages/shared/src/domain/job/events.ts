import { z } from "zod";
import { Failure, HashBlock } from "../image/hash-block.ts";
import { ListingMark } from "../image/listing-mark.ts";
import { base64Bytes, toBase64 } from "../primitives/encoding.ts";
import { Feature } from "../rollout/rollout.ts";
import { Envelope } from "./envelope.ts";
import { JobMode, JobOptions, Source } from "./options.ts";
import { IndexPlan } from "./plan.ts";
import { WorkKind } from "./task.ts";

const event = <Type extends string, Body extends z.ZodType>(type: Type, body: Body) =>
  Envelope.extend({ type: z.literal(type), body });

/** An image as its source lists it, before hashing. */
export interface ListedImage {
  readonly ordinal: number;
  readonly path: string;
  readonly fingerprint: string;
  readonly bytes: number | null;
  readonly modifiedAt: string | null;
  readonly givenHash: Uint8Array | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly failure: Failure | null;
}

/** On the wire what is null is left out: a listing is most of the log's bytes. */
const ListedImageOnWire = z.object({
  ordinal: z.int().min(0),
  path: z.string(),
  fingerprint: z.string(),
  bytes: z.int().optional(),
  modifiedAt: z.iso.datetime().optional(),
  givenHash: z.base64().optional(),
  width: z.int().optional(),
  height: z.int().optional(),
  failure: Failure.optional(),
});

/** Inverse of what {@link listedImages} decodes. */
export const imageOnWire = ({
  ordinal,
  path,
  fingerprint,
  ...image
}: ListedImage): z.input<typeof ListedImageOnWire> => ({
  ordinal,
  path,
  fingerprint,
  bytes: image.bytes ?? undefined,
  modifiedAt: image.modifiedAt ?? undefined,
  givenHash: image.givenHash === null ? undefined : toBase64(image.givenHash),
  width: image.width ?? undefined,
  height: image.height ?? undefined,
  failure: image.failure ?? undefined,
});

/** One codec for all rows: a codec a field takes zod four times as long, and there are ten million rows. */
const listedImages = z.codec(z.array(ListedImageOnWire), z.custom<ListedImage[]>(Array.isArray), {
  decode: (rows) =>
    rows.map(({ ordinal, path, fingerprint, ...row }) => ({
      ordinal,
      path,
      fingerprint,
      bytes: row.bytes ?? null,
      modifiedAt: row.modifiedAt ?? null,
      givenHash: row.givenHash === undefined ? null : new Uint8Array(Buffer.from(row.givenHash, "base64")),
      width: row.width ?? null,
      height: row.height ?? null,
      failure: row.failure ?? null,
    })),
  encode: (images) => images.map(imageOnWire),
});

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
  event("images-vanished", z.object({ ordinals: z.array(z.int().min(0)) })),
  event(
    "listing-done",
    z.object({
      images: z.int().min(0),
      blockSize: z.int().min(1),
      blocks: z.int().min(0),
      hashBits: z.int().min(64).max(256),
      /** Blocks an earlier job hashed, and what is in them. */
      hashedBlocks: base64Bytes,
      hashedImages: z.int().min(0),
      failedImages: z.int().min(0),
      /** The finished job whose edges this one builds on. */
      base: z.object({ job: z.string(), blocks: z.int() }).nullable(),
      /** Where the next walk over the source may begin; left out by a job that did not walk it. */
      mark: ListingMark.nullable().optional(),
      /** null: every pair is compared. */
      index: IndexPlan.nullable().default(null),
      /** Why this kernel, in words: the cost of both. */
      kernelReason: z.string().default(""),
    }),
  ),
  event("listing-failed", z.object({ detail: z.string() })),
  event("hash-done", HashBlock.extend({ digest: z.string() })),
  event(
    "pair-batch-done",
    z.object({
      task: z.int().min(0),
      comparisons: z.int().min(0),
      edgeCount: z.int().min(0),
      /** null: too many for a message; the worker stored them in `compare_result` under `digest`. */
      edges: base64Bytes.nullable(),
      digest: z.string(),
      kernel: z.string(),
      milliseconds: z.number(),
    }),
  ),
  event(
    "task-quarantined",
    z.object({
      kind: WorkKind,
      task: z.int().min(0),
      /** Images lost with a hash task. */
      images: z.int().min(0),
      reason: z.string(),
    }),
  ),
  event(
    "job-redriven",
    z.object({
      /** Quarantined comparison tasks that are done again, each with the attempt that does it. */
      tasks: z.array(z.object({ task: z.int().min(0), attempt: z.int().min(1) })),
    }),
  ),
  event("job-paused", NONE),
  event("job-resumed", NONE),
  event("job-cancelled", NONE),
  event(
    "shadow-compared",
    z.object({
      shadowOf: z.string(),
      feature: Feature,
      equal: z.boolean(),
      /** Similar pairs that only one of the two jobs found. */
      onlyJob: z.int().min(0),
      onlyShadow: z.int().min(0),
      milliseconds: z.number(),
    }),
  ),
  event("job-finalized", z.object({ groups: z.int(), groupedImages: z.int() })),
]);
export type JobEvent = z.infer<typeof JobEvent>;
export type JobEventType = JobEvent["type"];
export type EventOf<Type extends JobEventType> = Extract<JobEvent, { type: Type }>;
