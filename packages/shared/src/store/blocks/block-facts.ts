import { LRUCache } from "lru-cache";
import {
  contentDigestAt,
  type Failure,
  factsAt,
  failureAt,
  type HashBlock,
  type ImageFacts,
  ImageState,
  STATE,
} from "../../domain/image/hash-block.ts";
import type { Db } from "../open.ts";
import { readBlocks } from "./hash-blocks.ts";

type KnownBlock = Pick<HashBlock, "states" | "details" | "contentDigests">;

/** What hashing found out about an image. */
export interface HashedFacts {
  readonly state: ImageState;
  readonly facts: ImageFacts;
  readonly failure: Failure | null;
  readonly contentDigest: Uint8Array | null;
}

const IMAGES_KEPT = 1_000_000;

/**
 * Blocks read last, in this process. A stored block never changes, and PostgreSQL would unpack all
 * of it for each image that is asked about.
 */
const known = new LRUCache<string, KnownBlock>({
  maxSize: IMAGES_KEPT,
  sizeCalculation: ({ states }) => states.length + 1,
});

/** Looks up images by their ordinals; "listed" where the block is not hashed yet. */
export const readFacts = async (
  db: Db,
  catalogId: string,
  blockSize: number,
  ordinals: readonly number[],
): Promise<(ordinal: number) => HashedFacts> => {
  const blocks = new Map<number, KnownBlock>();
  const missing: number[] = [];
  for (const block of new Set(ordinals.map((ordinal) => Math.floor(ordinal / blockSize)))) {
    const cached = known.get(`${catalogId}:${block}`);
    if (cached === undefined) missing.push(block);
    else blocks.set(block, cached);
  }
  for (const { block, states, details, contentDigests } of missing.length === 0
    ? []
    : await readBlocks(db, catalogId, missing)) {
    const copied = { states: states.slice(), details, contentDigests: contentDigests.slice() };
    known.set(`${catalogId}:${block}`, copied);
    blocks.set(block, copied);
  }
  return (ordinal) => {
    const block = blocks.get(Math.floor(ordinal / blockSize));
    const position = ordinal % blockSize;
    const state = ImageState.options[block?.states[position] ?? STATE.absent] ?? "listed";
    if (block === undefined || state === "listed")
      return { state: "listed", facts: {}, failure: null, contentDigest: null };
    return {
      state,
      facts: factsAt(block, position),
      failure: failureAt(block, position),
      contentDigest: contentDigestAt(block, position),
    };
  };
};
