import { hammingDistance } from "@lookalike/shared/domain/hamming";
import { contentDigestAt, STATE } from "@lookalike/shared/domain/hash-block";
import { compareSignatures, SIGNATURE_BYTES } from "@lookalike/shared/domain/signature";
import type { GroupsOf } from "@lookalike/shared/store/groups";
import { readBlocks } from "@lookalike/shared/store/hash-blocks";
import type { Db } from "@lookalike/shared/store/open";
import type { z } from "zod";
import type { Pair } from "./schemas/resources.ts";

const MAX_MEMBERS = 100;

interface Hashed {
  readonly ordinal: number;
  readonly hash: Uint8Array | null;
  readonly signature: Uint8Array | null;
  readonly contentDigest: Uint8Array | null;
}

/** How near every two of some images are, and by which measure. */
export const pairsAmong = async (
  db: Db,
  { catalogId, blockSize }: GroupsOf,
  ordinals: readonly number[],
): Promise<z.infer<typeof Pair>[]> => {
  const first = ordinals.slice(0, MAX_MEMBERS);
  const numbers = [...new Set(first.map((ordinal) => Math.floor(ordinal / blockSize)))];
  const blocks = new Map((await readBlocks(db, catalogId, numbers)).map((block) => [block.block, block]));
  const hashed = first.map((ordinal): Hashed => {
    const block = blocks.get(Math.floor(ordinal / blockSize));
    const position = ordinal % blockSize;
    if (block === undefined) return { ordinal, hash: null, signature: null, contentDigest: null };
    const hashBytes = block.hashes.length / block.states.length;
    return {
      ordinal,
      hash:
        block.states[position] === STATE.hashed
          ? block.hashes.subarray(position * hashBytes, (position + 1) * hashBytes)
          : null,
      signature:
        block.signatures.length === 0
          ? null
          : block.signatures.subarray(position * SIGNATURE_BYTES, (position + 1) * SIGNATURE_BYTES),
      contentDigest: contentDigestAt(block, position),
    };
  });
  return hashed.flatMap((x, at) => hashed.slice(at + 1).map((y) => pairOf(x, y)));
};

const pairOf = (x: Hashed, y: Hashed): z.infer<typeof Pair> => {
  const signatures =
    x.signature === null || y.signature === null ? null : compareSignatures(x.signature, 0, y.signature, 0);
  return {
    a: x.ordinal,
    b: y.ordinal,
    distance: x.hash === null || y.hash === null ? null : hammingDistance(x.hash, y.hash),
    secondDistance: signatures?.bits ?? null,
    colourSteps: signatures?.colourSteps ?? null,
    equalBytes:
      x.contentDigest !== null && y.contentDigest !== null && Buffer.compare(x.contentDigest, y.contentDigest) === 0,
  };
};
