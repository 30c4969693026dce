import { setImmediate } from "node:timers/promises";
import { blockHashes } from "@lookalike/engine/compare/block-hashes";
import type { Tile } from "@lookalike/engine/compare/indexed";
import type { HashRows } from "@lookalike/engine/compare/kernel";
import type { Range } from "@lookalike/shared/domain/job/plan";
import { readHashes } from "@lookalike/shared/store/blocks/hash-blocks";
import type { Db } from "@lookalike/shared/store/open";
import { LRUCache } from "lru-cache";

/** A block that was never hashed (its task is in quarantine) compares as an empty one. */
const NO_HASHES: HashRows = { ordinals: new Uint32Array(0), words: new Int32Array(0) };
/** Two tiles for the tasks in hand, and one for those that come next. */
const TILES = 3;
const BLOCKS_PER_QUERY = 32;

export interface BlockCache {
  /** The blocks of `numbers`, from memory or in one query. */
  load(catalogId: string, blockSize: number, numbers: readonly number[]): Promise<ReadonlyMap<number, HashRows>>;
  /** The rows of a run of blocks as one tile, read once however many tasks ask for it. */
  loadTile(catalogId: string, blockSize: number, blocks: Range): Promise<Tile>;
}

/**
 * Hashes as kernels read them, in shared memory: blocks, at most `maxBytes` of them, and a few tiles.
 * A stored block never changes.
 */
export const createBlockCache = (db: Db, maxBytes: number): BlockCache => {
  const cache = new LRUCache<string, HashRows>({
    maxSize: maxBytes,
    sizeCalculation: ({ ordinals, words }) => ordinals.byteLength + words.byteLength + 64,
  });
  const tiles = new LRUCache<string, Promise<Tile>>({ max: TILES });
  const load: BlockCache["load"] = async (catalogId, blockSize, numbers) => {
    const blocks = new Map<number, HashRows>();
    const absent: number[] = [];
    for (const number of numbers) {
      const cached = cache.get(`${catalogId}:${number}`);
      if (cached === undefined) absent.push(number);
      else blocks.set(number, cached);
    }
    for await (const { block, hashes } of readBlocks(db, catalogId, blockSize, absent)) {
      cache.set(`${catalogId}:${block}`, hashes);
      blocks.set(block, hashes);
    }
    for (const number of absent) if (!blocks.has(number)) blocks.set(number, NO_HASHES);
    return blocks;
  };
  return {
    load,
    async loadTile(catalogId, blockSize, range) {
      const key = `${catalogId}:${range.from}-${range.to}`;
      const known = tiles.get(key);
      if (known !== undefined) return known;
      const numbers = Array.from({ length: range.to - range.from }, (_, at) => range.from + at);
      const reading = load(catalogId, blockSize, numbers).then((blocks) =>
        tileOf(
          key,
          numbers.map((number) => blocks.get(number) ?? NO_HASHES),
        ),
      );
      tiles.set(key, reading);
      reading.catch(() => tiles.delete(key));
      return reading;
    },
  };
};

/** Blocks as kernels read them. There may be a thousand: between them, messages have their turn. */
async function* readBlocks(
  db: Db,
  catalogId: string,
  blockSize: number,
  numbers: readonly number[],
): AsyncGenerator<{ block: number; hashes: HashRows }> {
  for (let first = 0; first < numbers.length; first += BLOCKS_PER_QUERY) {
    for (const row of await readHashes(db, catalogId, numbers.slice(first, first + BLOCKS_PER_QUERY))) {
      yield { block: row.block, hashes: blockHashes(row, row.block * blockSize) };
      await setImmediate();
    }
  }
}

const tileOf = async (range: string, blocks: readonly HashRows[]): Promise<Tile> => {
  const rows = blocks.reduce((sum, { ordinals }) => sum + ordinals.length, 0);
  const words = blocks.reduce((sum, block) => sum + block.words.length, 0);
  const tile = {
    // A block that leaves quarantine late makes it another tile.
    id: `${range}:${rows}`,
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
