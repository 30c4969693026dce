import { createHash } from "node:crypto";
import { Failure, type HashBlock, ImageFacts } from "../image/hash-block.ts";

/**
 * SHA-256 of a part of a block's evidence, or of what a task gave, hex: two workers that do the same task get the same digest. The digest of
 * the whole is {@link resultDigest} of its parts.
 */
export const partDigest = (part: Uint8Array): string => createHash("sha256").update(part).digest("hex");

/** A result up to this size is in its event; a larger one is stored first, and the event has its digest. */
export const INLINE_RESULT_BYTES = 65_536;

/** The digest of a task's result from the digests of its stored parts: that of the only part, or one over all. */
export const resultDigest = (parts: readonly string[]): string => {
  const [first] = parts;
  return first !== undefined && parts.length === 1 ? first : createHash("sha256").update(parts.join()).digest("hex");
};

/** JSON.stringify writes keys in this order, whatever the order in the object: jsonb, for example, reorders them. */
const DETAIL_KEYS = [...Object.keys(Failure.shape), ...Object.keys(ImageFacts.shape)];

/** SHA-256 of everything in a block, hex. */
export const hashBlockDigest = (block: HashBlock): string =>
  createHash("sha256")
    .update(`${block.block}\n`)
    .update(block.states)
    .update(block.hashes)
    .update(block.signatures)
    .update(block.contentDigests)
    .update(block.pictureDigests)
    .update(JSON.stringify(block.details, DETAIL_KEYS))
    .update(evidenceOf(block))
    .digest("hex");

/** Nothing for blocks without evidence, whose digest is from before there was any. */
const evidenceOf = ({ evidenceDigest, features }: HashBlock): string =>
  evidenceDigest === null && features === 0 ? "" : `\n${features} ${evidenceDigest}`;
