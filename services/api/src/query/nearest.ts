import { STATE } from "@lookalike/shared/domain/image/hash-block";
import { popcount32 } from "@lookalike/shared/domain/primitives/popcount";
import { createBlockCache } from "@lookalike/shared/store/blocks/block-cache";
import { listDigests } from "@lookalike/shared/store/blocks/hash-blocks";
import type { CatalogRow } from "@lookalike/shared/store/catalog/catalogs";
import type { Db } from "@lookalike/shared/store/open";

interface Block {
  readonly states: Uint8Array;
  readonly words: Int32Array;
}

export interface Near {
  readonly ordinal: number;
  readonly distance: number;
}

/**
 * Finds the images of a catalog whose hashes are nearest to one. Hashes are held in memory up to
 * `maxBytes`, those of the catalogs used last; each search reads only blocks that are new.
 */
export const createNearest = (db: Db, maxBytes: number) => {
  const cache = createBlockCache({
    columns: ["states", "hashes"],
    toValue: ({ states, hashes }): Block => ({ states: Uint8Array.from(states), words: wordsOf(hashes) }),
    sizeOf: ({ words }) => words.byteLength + 64,
    maxSize: maxBytes,
  });

  /** Images within `maxDistance` bits of `hash`, nearest first, vanished ones among them. */
  return async ({ id, blockSize, hashFormat }: CatalogRow, hash: Uint8Array, maxDistance: number): Promise<Near[]> => {
    if (blockSize === null || hashFormat === null) return [];
    const wanted = wordsOf(hash);
    const found: Near[] = [];
    for (const [block, { states, words }] of await cache.load(
      db,
      id,
      blockSize,
      await listDigests(db, id, { hashFormat }),
    ))
      for (let position = 0; position < states.length; position += 1) {
        if (states[position] !== STATE.hashed) continue;
        const first = position * wanted.length;
        let distance = 0;
        for (let at = 0; at < wanted.length && distance <= maxDistance; at += 1)
          distance += popcount32((wanted[at] as number) ^ (words[first + at] as number));
        if (distance <= maxDistance) found.push({ ordinal: block * blockSize + position, distance });
      }
    return found.sort((a, b) => a.distance - b.distance || a.ordinal - b.ordinal);
  };
};

/** A copy, since the bytes may be part of a larger buffer, and not aligned. */
const wordsOf = (bytes: Uint8Array): Int32Array => new Int32Array(Uint8Array.from(bytes).buffer);

export type Nearest = ReturnType<typeof createNearest>;
