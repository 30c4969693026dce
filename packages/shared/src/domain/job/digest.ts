import { createHash } from "node:crypto";
import { Failure, type HashBlock, ImageFacts } from "../image/hash-block.ts";

/** SHA-256 of a task's encoded edges, hex: two workers that did the task agree on it. */
export const edgesDigest = (edges: Uint8Array): string => createHash("sha256").update(edges).digest("hex");

/** The digest of a task's result, stored in parts: that of its only part, or of the parts' digests. */
export const resultDigest = (parts: readonly string[]): string =>
  parts.length === 1 ? (parts[0] ?? "") : createHash("sha256").update(parts.join()).digest("hex");

/** Keys in the schemas' order, whatever the object's: jsonb, for one, has its own. */
const DETAIL_KEYS = [...Object.keys(Failure.shape), ...Object.keys(ImageFacts.shape)];

/** SHA-256 of all that a block says, hex. */
export const hashBlockDigest = (block: HashBlock): string =>
  createHash("sha256")
    .update(`${block.block}\n`)
    .update(block.states)
    .update(block.hashes)
    .update(block.signatures)
    .update(block.contentDigests)
    .update(JSON.stringify(block.details, DETAIL_KEYS))
    .digest("hex");
