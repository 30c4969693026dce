import type { StoredHashes } from "@lookalike/shared/domain/grouping/image-classes";
import { hammingDistance } from "@lookalike/shared/domain/image/hamming";
import { contentDigestAt, hashAt, signatureAt } from "@lookalike/shared/domain/image/hash-block";
import { colourSteps, hashDistance } from "@lookalike/shared/domain/image/signature";
import { COMPARED_COLUMNS } from "@lookalike/shared/store/blocks/hash-blocks";
import { readRequired } from "@lookalike/shared/store/blocks/required-blocks";
import type { JobRow } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import type { z } from "zod";
import type { Pair } from "../resources/group.ts";

const MAX_MEMBERS = 100;

type Block = StoredHashes & { readonly hashFormat: string };
type Hashed = ReturnType<typeof hashedOf>;

/** The distances between every two of a group's first {@link MAX_MEMBERS} images, by each measure. */
export const pairsAmong = async (
  db: Db,
  { id, catalogId, blockSize }: JobRow,
  ordinals: readonly number[],
): Promise<z.infer<typeof Pair>[]> => {
  if (blockSize === null) throw new Error(`job ${id} has groups, but no block size`);
  const first = ordinals.slice(0, MAX_MEMBERS);
  const numbers = [...new Set(first.map((ordinal) => Math.floor(ordinal / blockSize)))];
  const blocks = new Map<number, Block>();
  for await (const block of readRequired(db, { catalogId, numbers }, [...COMPARED_COLUMNS, "hashFormat"]))
    blocks.set(block.block, block);
  const hashed = first.map((ordinal) =>
    hashedOf(ordinal, blocks.get(Math.floor(ordinal / blockSize)), ordinal % blockSize),
  );
  return hashed.flatMap((x, at) => hashed.slice(at + 1).map((y) => pairOf(x, y)));
};

const hashedOf = (ordinal: number, block: Block | undefined, position: number) => ({
  ordinal,
  hashFormat: block?.hashFormat,
  hash: block === undefined ? null : hashAt(block, position),
  signature: block === undefined ? null : signatureAt(block, position),
  contentDigest: block === undefined ? null : contentDigestAt(block, position),
});

const pairOf = (x: Hashed, y: Hashed): z.infer<typeof Pair> => {
  // While a catalog is hashed again in another format, it has blocks of both.
  const isSameFormat = x.hashFormat === y.hashFormat;
  const hashes = isSameFormat && x.hash !== null && y.hash !== null ? ([x.hash, y.hash] as const) : null;
  const signatures =
    isSameFormat && x.signature !== null && y.signature !== null ? ([x.signature, 0, y.signature, 0] as const) : null;
  return {
    a: x.ordinal,
    b: y.ordinal,
    distance: hashes === null ? null : hammingDistance(...hashes),
    secondDistance: signatures === null ? null : hashDistance(...signatures),
    colourSteps: signatures === null ? null : colourSteps(...signatures),
    equalBytes:
      x.contentDigest !== null && y.contentDigest !== null && Buffer.compare(x.contentDigest, y.contentDigest) === 0,
  };
};
