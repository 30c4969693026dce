import { deflateRawSync, inflateRawSync } from "node:zlib";
import { z } from "zod";
import { base64Bytes } from "../primitives/encoding.ts";
import { oneLine } from "../primitives/text.ts";
import { SIGNATURE_BYTES } from "./signature.ts";

/** Why an image could not be hashed. */
export const FailureReason = z.enum([
  "bad-line",
  "changed",
  "corrupt",
  "crash",
  "duplicate-id",
  "empty",
  "missing",
  "not-a-regular-file",
  "not-an-image",
  "out-of-memory",
  "quarantined",
  "timeout",
  "too-large",
  "too-many-pixels",
  "truncated",
  "unreadable",
  "unsupported",
]);
export type FailureReason = z.infer<typeof FailureReason>;

/** Reasons that may have passed at the next scan, which then reads the file again by itself. */
export const PASSING_REASONS: ReadonlySet<FailureReason> = new Set(["changed", "missing", "timeout", "unreadable"]);

const MAX_DETAIL_CHARACTERS = 120;
export const Failure = z.object({ reason: FailureReason, detail: z.string().max(MAX_DETAIL_CHARACTERS) });
export type Failure = z.infer<typeof Failure>;

/** A failure, its detail in one line that a message may carry. */
export const failureOf = (reason: FailureReason, detail: string): Failure => ({
  reason,
  detail: oneLine(detail, MAX_DETAIL_CHARACTERS),
});

/** What is known of a hashed image besides its hashes. */
export const ImageFacts = z.strictObject({
  width: z.int().optional(),
  height: z.int().optional(),
  bytes: z.int().optional(),
  format: z.string().max(16).optional(),
  takenAt: z.string().max(40).optional().meta({ description: "EXIF DateTimeOriginal as written, no time zone added" }),
  camera: z.string().max(64).optional(),
  pages: z.int().optional().meta({ description: "Pages, frames or pictures in the file; left out where there is one" }),
  film: z.boolean().optional().meta({ description: "true: a film is in the file, too, as in a motion photo" }),
  moreDigest: z.string().max(64).optional().meta({
    description:
      "Digest of all that is in the file besides its first picture; left out where it could not all be read, or there is nothing",
  }),
  damaged: z
    .string()
    .max(MAX_DETAIL_CHARACTERS)
    .optional()
    .meta({ description: "What is wrong with the file, though it could be decoded; left out where nothing is" }),
});
export type ImageFacts = z.infer<typeof ImageFacts>;

/** The outcome of hashing one image. A flat image is excluded from comparing. */
export type Outcome =
  | {
      kind: "hashed" | "flat";
      hash: Uint8Array;
      /** null where the source provided the hash, so that there is no picture. */
      signature: Uint8Array | null;
      contentDigest: Uint8Array | null;
      /** Of what the file shows, whatever its metadata; null where its format has none. */
      pictureDigest: Uint8Array | null;
      /** `evidence/1` of docs/hash-format.md; null where the source provided the hash and no evidence. */
      evidence: Uint8Array | null;
      facts: ImageFacts;
    }
  | { kind: "failed"; failure: Failure }
  | { kind: "absent" };

/** A failed outcome: see {@link failureOf}. */
export const failed = (reason: FailureReason, detail: string): Outcome => ({
  kind: "failed",
  failure: failureOf(reason, detail),
});

type Detail = Failure | ImageFacts | null;
const Details = z.array(z.union([ImageFacts, Failure]).nullable());
/** Details longer than this are packed, because a block of 4,096 photographs must fit a message of 1 MB, NATS' default limit. */
const PLAIN_CHARACTERS = 65_536;
const MAX_UNPACKED_BYTES = 33_554_432;

const detailsOnWire = (details: Detail[]): Detail[] | string => {
  const text = JSON.stringify(details);
  return text.length <= PLAIN_CHARACTERS ? details : deflateRawSync(text).toString("base64");
};

const blockDetails = z.codec(
  z
    .union([Details, z.base64()])
    .meta({ description: "What is known of each image; JSON, or, where it is long, that deflated (RFC 1951)" }),
  z.custom<Detail[]>(Array.isArray),
  {
    decode: (wire, context) => {
      if (typeof wire !== "string") return wire;
      const unpacked = Details.safeParse(unpack(wire));
      if (unpacked.success) return unpacked.data;
      context.issues.push({ code: "custom", message: unpacked.error.message, input: wire });
      return z.NEVER;
    },
    encode: detailsOnWire,
  },
);

/** The JSON that was packed; undefined where the text is not packed JSON. */
const unpack = (packed: string): unknown => {
  try {
    const options = { maxOutputLength: MAX_UNPACKED_BYTES };
    return JSON.parse(inflateRawSync(Buffer.from(packed, "base64"), options).toString());
  } catch {
    return undefined;
  }
};

/** The state of a position of a block, as one byte of its column. */
export const STATE = { absent: 0, hashed: 1, flat: 2, failed: 3 } as const;

/** The state of an image of a catalog: listed until its block is hashed. In the order of {@link STATE}'s numbers. */
export const ImageState = z.enum(["listed", "hashed", "flat", "failed"]);
export type ImageState = z.infer<typeof ImageState>;

/** Local features of a picture in its evidence: where they are selected, and at most. */
export const DEFAULT_FEATURES = 64;
export const MAX_FEATURES = 96;

/**
 * A block of hashed images in columns; position p is ordinal block * blockSize + p. This is the
 * body of `hash-done` and, column for column, the row of table `hash_block`.
 */
export const HashBlock = z.object({
  block: z.int().min(0),
  states: base64Bytes.meta({ description: "One byte a position: 0 absent, 1 hashed, 2 flat, 3 failed" }),
  hashes: base64Bytes.meta({ description: "hashBits / 8 bytes a position, zero where there is no hash" }),
  signatures: base64Bytes
    .default(new Uint8Array(0))
    .meta({ description: "signature/3, 16 bytes a position; empty for given hashes" }),
  contentDigests: base64Bytes.meta({ description: "SHA-256 of the file, 32 bytes a position; empty for given hashes" }),
  pictureDigests: base64Bytes.default(new Uint8Array(0)).meta({
    description: "Digest of the coded picture without metadata, 16 bytes a position, zero where there is none",
  }),
  details: blockDetails,
  evidenceDigest: z
    .string()
    .max(64)
    .nullable()
    .default(null)
    .meta({ description: "Digest of the evidence, from the events block-evidence; null where the block has none" }),
  features: z
    .int()
    .min(0)
    .max(MAX_FEATURES)
    .default(0)
    .meta({ description: "Local features that the evidence of each picture has at most" }),
});
export type HashBlock = z.infer<typeof HashBlock>;

const CONTENT_DIGEST_BYTES = 32;
export const PICTURE_DIGEST_BYTES = 16;

/** Bytes of a position in the columns that are empty where no image of the block has a value. */
const BYTES_OF_POSITION = {
  signatures: SIGNATURE_BYTES,
  contentDigests: CONTENT_DIGEST_BYTES,
  pictureDigests: PICTURE_DIGEST_BYTES,
} as const;

/**
 * Which column of a stored block does not have a value for each of its positions; null = none.
 * @param hashBits length of the hashes; undefined = any
 */
export const lengthFault = (block: Partial<HashBlock>, hashBits?: number): string | null => {
  const { states, hashes, details } = block;
  if (states === undefined) return null;
  const positions = states.length;
  if (hashes !== undefined) {
    const bits = positions === 0 ? hashes.length : (hashes.length * 8) / positions;
    const isWhole = positions === 0 ? bits === 0 : bits > 0 && bits % 8 === 0;
    if (!isWhole || (hashBits !== undefined && positions > 0 && bits !== hashBits)) return "part of the hashes";
  }
  if (details !== undefined && details.length !== positions) return "part of the details";
  for (const [column, bytes] of Object.entries(BYTES_OF_POSITION)) {
    const length = block[column as keyof typeof BYTES_OF_POSITION]?.length ?? 0;
    if (length !== 0 && length !== positions * bytes) return `part of the ${column}`;
  }
  return null;
};

/** The evidence of a block, which is stored beside it: see {@link HashBlock}'s columns. */
type EvidenceOfBlock = Pick<HashBlock, "evidenceDigest" | "features">;
const NO_EVIDENCE: EvidenceOfBlock = { evidenceDigest: null, features: 0 };

/** Outcomes in ordinal order, as columns. */
export const hashBlockOf = (
  block: number,
  hashBits: number,
  outcomes: readonly Outcome[],
  evidence: EvidenceOfBlock = NO_EVIDENCE,
): HashBlock => {
  const hashBytes = hashBits / 8;
  const digested = outcomes.some((outcome) => "contentDigest" in outcome && outcome.contentDigest !== null);
  const signed = outcomes.some((outcome) => "signature" in outcome && outcome.signature !== null);
  const states = new Uint8Array(outcomes.length);
  const hashes = new Uint8Array(outcomes.length * hashBytes);
  const signatures = new Uint8Array(signed ? outcomes.length * SIGNATURE_BYTES : 0);
  const contentDigests = new Uint8Array(digested ? outcomes.length * CONTENT_DIGEST_BYTES : 0);
  const pictureDigests = new Uint8Array(digested ? outcomes.length * PICTURE_DIGEST_BYTES : 0);
  const details = outcomes.map((outcome, position) => {
    states[position] = STATE[outcome.kind];
    switch (outcome.kind) {
      case "absent":
        return null;
      case "failed":
        return outcome.failure;
      default:
        hashes.set(outcome.hash, position * hashBytes);
        if (outcome.signature !== null) signatures.set(outcome.signature, position * SIGNATURE_BYTES);
        if (outcome.contentDigest !== null) {
          contentDigests.set(outcome.contentDigest, position * CONTENT_DIGEST_BYTES);
        }
        if (outcome.pictureDigest !== null) pictureDigests.set(outcome.pictureDigest, position * PICTURE_DIGEST_BYTES);
        return Object.keys(outcome.facts).length === 0 ? null : outcome.facts;
    }
  });
  return { block, states, hashes, signatures, contentDigests, pictureDigests, details, ...evidence };
};

/** Images in the block in `state`. */
export const countState = ({ states }: Pick<HashBlock, "states">, state: keyof typeof STATE): number => {
  const number = STATE[state];
  let count = 0;
  // A million positions are counted before each listing: a loop takes a quarter of a filter's time.
  for (const value of states) if (value === number) count += 1;
  return count;
};

/** Images in the block, failed ones included. */
export const imagesIn = (block: Pick<HashBlock, "states">): number => block.states.length - countState(block, "absent");

/**
 * Live images of hashed blocks, and those of them that failed.
 * @param vanished ordinals of images that have vanished
 */
export const countLive = (
  blocks: readonly Pick<HashBlock, "block" | "states">[],
  blockSize: number,
  vanished: readonly number[],
): { images: number; failedImages: number } => {
  const count = { images: 0, failedImages: 0 };
  const statesOf = new Map<number, Uint8Array>();
  for (const block of blocks) {
    count.images += imagesIn(block);
    count.failedImages += countState(block, "failed");
    statesOf.set(block.block, block.states);
  }
  for (const ordinal of vanished) {
    const state = statesOf.get(Math.floor(ordinal / blockSize))?.[ordinal % blockSize] ?? STATE.absent;
    if (state !== STATE.absent) count.images -= 1;
    if (state === STATE.failed) count.failedImages -= 1;
  }
  return count;
};

/** The content digest at `position`, or null for given hashes and images that failed. */
export const contentDigestAt = (
  block: Pick<HashBlock, "contentDigests" | "states">,
  position: number,
): Uint8Array | null =>
  block.contentDigests.length === 0 || block.states[position] === STATE.failed
    ? null
    : block.contentDigests.subarray(position * CONTENT_DIGEST_BYTES, (position + 1) * CONTENT_DIGEST_BYTES);

/** The hash at `position`, part of the block's column; null for images that are not compared. */
export const hashAt = (
  { hashes, states }: Pick<HashBlock, "hashes" | "states">,
  position: number,
): Uint8Array | null => {
  const bytes = hashes.length / states.length;
  return states[position] === STATE.hashed ? hashes.subarray(position * bytes, (position + 1) * bytes) : null;
};

/** The signature at `position`, part of the block's column; null for given hashes. */
export const signatureAt = ({ signatures }: Pick<HashBlock, "signatures">, position: number): Uint8Array | null =>
  signatures.length === 0 ? null : signatures.subarray(position * SIGNATURE_BYTES, (position + 1) * SIGNATURE_BYTES);

/** The failure at `position`, or null. */
export const failureAt = (block: Pick<HashBlock, "details" | "states">, position: number): Failure | null =>
  block.states[position] === STATE.failed ? Failure.parse(block.details[position]) : null;

/** The facts at `position`; empty where nothing is known. */
export const factsAt = (block: Pick<HashBlock, "details" | "states">, position: number): ImageFacts =>
  block.states[position] === STATE.failed ? {} : ImageFacts.parse(block.details[position] ?? {});
