import { STATE } from "@lookalike/shared/domain/image/hash-block";
import { popcount32 } from "@lookalike/shared/domain/primitives/popcount";
import { blockDigests, readHashes } from "@lookalike/shared/store/blocks/hash-blocks";
import type { CatalogRow } from "@lookalike/shared/store/catalog/catalogs";
import type { Db } from "@lookalike/shared/store/open";
import { LRUCache } from "lru-cache";

interface Block {
  readonly digest: string;
  readonly states: Uint8Array;
  readonly words: Int32Array;
}

/** The hashes of one catalog, block by block, as they were last read. */
type Blocks = Map<number, Block>;

export interface Near {
  readonly ordinal: number;
  readonly distance: number;
}

const BLOCKS_PER_QUERY = 64;

/**
 * Finds the images of a catalog whose hashes are nearest to one. All hashes are held in memory, the
 * catalogs used last up to `maxBytes`; each search asks only for blocks that are new.
 */
export const createNearest = (db: Db, maxBytes: number) => {
  const catalogs = new LRUCache<string, Blocks>({
    maxSize: maxBytes,
    sizeCalculation: (blocks) => [...blocks.values()].reduce((sum, { words }) => sum + words.byteLength, 1),
  });

  const blocksOf = async (catalogId: string): Promise<Blocks> => {
    const stored = await blockDigests(db, catalogId);
    const known = catalogs.get(catalogId) ?? new Map<number, Block>();
    const missing = stored.filter(({ block, digest }) => known.get(block)?.digest !== digest);
    const digests = new Map(stored.map(({ block, digest }) => [block, digest]));
    for (let from = 0; from < missing.length; from += BLOCKS_PER_QUERY) {
      const numbers = missing.slice(from, from + BLOCKS_PER_QUERY).map(({ block }) => block);
      for (const { block, states, hashes } of await readHashes(db, catalogId, numbers)) {
        known.set(block, { digest: digests.get(block) ?? "", states: Uint8Array.from(states), words: wordsOf(hashes) });
      }
    }
    if (missing.length > 0) catalogs.set(catalogId, known);
    return known;
  };

  /** Images within `maxDistance` bits of `hash`, nearest first, vanished ones among them. */
  return async ({ id, blockSize }: CatalogRow, hash: Uint8Array, maxDistance: number): Promise<Near[]> => {
    const wanted = wordsOf(hash);
    const found: Near[] = [];
    for (const [block, { states, words }] of await blocksOf(id))
      for (let position = 0; position < states.length; position += 1) {
        if (states[position] !== STATE.hashed) continue;
        const first = position * wanted.length;
        let distance = 0;
        for (let at = 0; at < wanted.length && distance <= maxDistance; at += 1)
          distance += popcount32((wanted[at] as number) ^ (words[first + at] as number));
        if (distance <= maxDistance) found.push({ ordinal: block * (blockSize ?? 0) + position, distance });
      }
    return found.sort((a, b) => a.distance - b.distance || a.ordinal - b.ordinal);
  };
};

/** A copy, since the bytes may be part of a larger buffer, and not aligned. */
const wordsOf = (bytes: Uint8Array): Int32Array => new Int32Array(Uint8Array.from(bytes).buffer);

export type Nearest = ReturnType<typeof createNearest>;
