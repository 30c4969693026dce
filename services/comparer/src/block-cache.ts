import { blockHashes } from "@lookalike/engine/block-hashes";
import type { BlockHashes } from "@lookalike/engine/kernel";
import { readHashes } from "@lookalike/shared/store/hash-blocks";
import type { Db } from "@lookalike/shared/store/open";
import { LRUCache } from "lru-cache";

/** A block that was never hashed (its task is in quarantine) compares as an empty one. */
const NO_HASHES: BlockHashes = { ordinals: new Uint32Array(0), words: new Int32Array(0) };

export interface BlockCache {
  /** The blocks of `numbers`, from memory or in one query. */
  load(catalogId: string, blockSize: number, numbers: readonly number[]): Promise<ReadonlyMap<number, BlockHashes>>;
}

/** Blocks as kernels read them, in shared memory, at most `maxBytes` of them. A stored block never changes. */
export const createBlockCache = (db: Db, maxBytes: number): BlockCache => {
  const cache = new LRUCache<string, BlockHashes>({
    maxSize: maxBytes,
    sizeCalculation: ({ ordinals, words }) => ordinals.byteLength + words.byteLength + 64,
  });
  return {
    async load(catalogId, blockSize, numbers) {
      const blocks = new Map<number, BlockHashes>();
      const absent: number[] = [];
      for (const number of numbers) {
        const cached = cache.get(`${catalogId}:${number}`);
        if (cached === undefined) absent.push(number);
        else blocks.set(number, cached);
      }
      if (absent.length === 0) return blocks;
      for (const row of await readHashes(db, catalogId, absent)) {
        const hashes = blockHashes(row, row.block * blockSize);
        cache.set(`${catalogId}:${row.block}`, hashes);
        blocks.set(row.block, hashes);
      }
      for (const number of absent) if (!blocks.has(number)) blocks.set(number, NO_HASHES);
      return blocks;
    },
  };
};
