import { setImmediate } from "node:timers/promises";
import { blockHashes } from "@lookalike/engine/compare/block-hashes";
import type { Tile } from "@lookalike/engine/compare/indexed";
import type { HashRows } from "@lookalike/engine/compare/kernel";
import type { Range } from "@lookalike/shared/domain/job/plan";
import { type CachedCatalog, createBlockCache } from "@lookalike/shared/store/blocks/block-cache";
import type { Db } from "@lookalike/shared/store/open";
import { LRUCache } from "lru-cache";

/** A block that was never hashed (its task is in quarantine) compares as an empty one. */
const NO_HASHES: HashRows = { ordinals: new Uint32Array(0), words: new Int32Array(0) };
/** Two tiles for the tasks in progress, and one for those that come next. */
const CACHED_TILES = 3;

/**
 * Reads hashes as kernels take them, in shared memory, and caches them.
 * @param maxBytes size of the cached blocks; the tiles, which are few, come on top
 */
export const createHashReader = (db: Db, maxBytes: number) => {
  const cache = createBlockCache({
    columns: ["states", "hashes"],
    toValue: (row, blockSize) => blockHashes(row, row.block * blockSize),
    sizeOf: ({ ordinals, words }) => ordinals.byteLength + words.byteLength + 64,
    maxSize: maxBytes,
  });
  const tiles = new LRUCache<string, Promise<Tile>>({ max: CACHED_TILES });
  return {
    /** The blocks of `numbers`, an empty one where none is stored. */
    async readBlocks(catalog: CachedCatalog, numbers: readonly number[]) {
      const blocks = await cache.load(db, catalog, numbers);
      for (const number of numbers) if (!blocks.has(number)) blocks.set(number, NO_HASHES);
      return blocks;
    },
    /** The rows of a range of blocks as one tile, read once however many tasks need it at the same time. */
    async readTile(catalog: CachedCatalog, { from, to }: Range): Promise<Tile> {
      const key = `${catalog.id}:${catalog.blockRevision}:${catalog.hashFormat}:${from}-${to}`;
      const cached = tiles.get(key);
      if (cached !== undefined) return cached;
      const numbers = Array.from({ length: to - from }, (_, index) => from + index);
      const reading = cache.load(db, catalog, numbers).then((blocks) => {
        // A block that is in quarantine may be stored any time.
        if (blocks.size < numbers.length) tiles.delete(key);
        return tileOf(`${key}:${blocks.size}`, [...blocks.values()]);
      });
      tiles.set(key, reading);
      reading.catch(() => tiles.delete(key));
      return reading;
    },
  };
};

const tileOf = async (id: string, blocks: readonly HashRows[]): Promise<Tile> => {
  const rows = blocks.reduce((sum, { ordinals }) => sum + ordinals.length, 0);
  const words = blocks.reduce((sum, block) => sum + block.words.length, 0);
  const tile = {
    id,
    ordinals: new Uint32Array(new SharedArrayBuffer(rows * 4)),
    words: new Int32Array(new SharedArrayBuffer(words * 4)),
  };
  let row = 0;
  let word = 0;
  for (const block of blocks) {
    tile.ordinals.set(block.ordinals, row);
    tile.words.set(block.words, word);
    row += block.ordinals.length;
    word += block.words.length;
    await setImmediate();
  }
  return tile;
};
