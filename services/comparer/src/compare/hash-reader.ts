import { setImmediate } from "node:timers/promises";
import { blockHashes } from "@lookalike/engine/compare/block-hashes";
import type { Tile } from "@lookalike/engine/compare/indexed";
import type { HashRows } from "@lookalike/engine/compare/kernel";
import { countState } from "@lookalike/shared/domain/image/hash-block";
import { numbersIn, type Range } from "@lookalike/shared/domain/job/plan";
import { type DoneSet, has } from "@lookalike/shared/domain/primitives/bit-set";
import { type CachedCatalog, createBlockCache } from "@lookalike/shared/store/blocks/block-cache";
import { requireStored } from "@lookalike/shared/store/blocks/required-blocks";
import type { Db } from "@lookalike/shared/store/open";
import { LRUCache } from "lru-cache";

/** Whose blocks are compared. */
export type ComparedCatalog = Required<CachedCatalog> & {
  /** Blocks whose hashing is in quarantine: each compares as an empty one, also where it is stored later. */
  readonly quarantined: DoneSet;
};

/** The rows of a block. */
type BlockRows = HashRows & {
  /** Images without a row, because another one before them in the block has the same hash. */
  readonly equalImages: number;
};

const NO_HASHES: BlockRows = { ordinals: new Uint32Array(0), words: new Int32Array(0), equalImages: 0 };
/** Two tiles for the tasks in progress, and one for those that come next. */
const CACHED_TILES = 3;

/**
 * Reads hashes as kernels take them, in shared memory, and caches them.
 * @param maxBytes size of the cached blocks; the tiles, which are few, come on top
 */
export const createHashReader = (db: Db, maxBytes: number) => {
  const cache = createBlockCache({
    columns: ["states", "hashes"],
    toValue: (row, blockSize): BlockRows => {
      const rows = blockHashes(row, row.block * blockSize);
      return { ...rows, equalImages: countState(row, "hashed") - rows.ordinals.length };
    },
    sizeOf: ({ ordinals, words }) => ordinals.byteLength + words.byteLength + 64,
    maxSize: maxBytes,
  });
  const tiles = new LRUCache<string, Promise<Tile>>({ max: CACHED_TILES });
  /** The blocks of `numbers`, by their numbers. @throws MissingDataError where one that was hashed is not stored */
  const readBlocks = async (
    catalog: ComparedCatalog,
    numbers: readonly number[],
  ): Promise<ReadonlyMap<number, BlockRows>> => {
    const hashed = numbers.filter((number) => !has(catalog.quarantined, number));
    const blocks = await cache.load(db, catalog, hashed);
    requireStored(catalog.id, hashed, blocks);
    for (const number of numbers) if (has(catalog.quarantined, number)) blocks.set(number, NO_HASHES);
    return blocks;
  };
  return {
    readBlocks,
    /**
     * The rows of a range of blocks as one tile, read once however many tasks need it at the same time.
     * @throws MissingDataError where a block that was hashed is not stored
     */
    async readTile(catalog: ComparedCatalog, range: Range): Promise<Tile> {
      const numbers = numbersIn(range);
      const without = numbers.filter((number) => has(catalog.quarantined, number)).join();
      const key = `${catalog.id}:${catalog.blockRevision}:${catalog.hashFormat}:${range.from}-${range.to}:${without}`;
      const cached = tiles.get(key);
      if (cached !== undefined) return cached;
      const reading = readBlocks(catalog, numbers).then((blocks) => tileOf(key, [...blocks.values()]));
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
