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
import { createBlockCache } from "./block-cache.ts";
import { readBlockRevision } from "./hash-blocks.ts";
import { requireStored } from "./required-blocks.ts";

/** What hashing found out about an image. */
export interface HashedFacts {
  readonly state: ImageState;
  readonly facts: ImageFacts;
  readonly failure: Failure | null;
  readonly contentDigest: Uint8Array | null;
}

const CACHED_IMAGES = 1_000_000;

/** PostgreSQL would unpack a whole block for each image that is looked up. */
const cache = createBlockCache({
  columns: ["states", "details", "contentDigests"],
  toValue: ({ states, details, contentDigests }): Pick<HashBlock, "states" | "details" | "contentDigests"> => ({
    states: states.slice(),
    details,
    contentDigests: contentDigests.slice(),
  }),
  sizeOf: ({ states }) => states.length + 1,
  maxSize: CACHED_IMAGES,
});

const NOT_HASHED: HashedFacts = { state: "listed", facts: {}, failure: null, contentDigest: null };

/**
 * Looks up the facts of images by their ordinals; "listed" where the block is not hashed yet.
 * @param blockSize null where the catalog was never listed to its end
 * @param areHashed whether all of them are known to be hashed: then their blocks must be stored
 * @throws MissingDataError where a block that must be stored is not, or is cut short
 */
export const readFacts = async (
  db: Db,
  catalogId: string,
  blockSize: number | null,
  images: readonly { readonly ordinal: number }[],
  areHashed = false,
): Promise<(ordinal: number) => HashedFacts> => {
  if (blockSize === null) return () => NOT_HASHED;
  const numbers = [...new Set(images.map(({ ordinal }) => Math.floor(ordinal / blockSize)))];
  const blockRevision = await readBlockRevision(db, catalogId);
  const blocks = await cache.load(db, { id: catalogId, blockSize, blockRevision }, numbers);
  if (areHashed) requireStored(catalogId, numbers, blocks);
  return (ordinal) => {
    const block = blocks.get(Math.floor(ordinal / blockSize));
    const position = ordinal % blockSize;
    // A block ends with the last image that was live when it was hashed.
    const state = ImageState.options[block?.states[position] ?? STATE.absent];
    if (block === undefined || state === undefined || state === "listed") return NOT_HASHED;
    return {
      state,
      facts: factsAt(block, position),
      failure: failureAt(block, position),
      contentDigest: contentDigestAt(block, position),
    };
  };
};
