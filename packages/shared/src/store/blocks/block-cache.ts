import { setImmediate } from "node:timers/promises";
import { LRUCache } from "lru-cache";
import type { Db } from "../open.ts";
import { type BlockRow, readBlocks } from "./hash-blocks.ts";
import { requireWhole } from "./required-blocks.ts";

interface BlockCacheOptions<Column extends keyof BlockRow, Value> {
  /** Columns that `toValue` needs. */
  readonly columns: readonly Column[];
  /** What is cached of a block. Whatever it holds of the row must be a copy: a row is part of a query's answer. */
  readonly toValue: (row: Pick<BlockRow, Column | "block">, blockSize: number) => Value;
  /** In the unit of `maxSize`; at least 1. */
  readonly sizeOf: (value: Value) => number;
  readonly maxSize: number;
}

/** Whose blocks are read. */
export interface CachedCatalog {
  readonly id: string;
  readonly blockSize: number;
  /** As read with the catalog: a replay or a new hash format replaces blocks, and then counts one more. */
  readonly blockRevision: number;
  /** Blocks of another format count as not stored; left out: blocks of any. */
  readonly hashFormat?: string;
  /** Length of the hashes that is expected; left out: any. */
  readonly hashBits?: number;
}

/** A cache of what a process needs of the hash blocks that it read last. A stored block is valid for its revision. */
export const createBlockCache = <Column extends keyof BlockRow, Value extends object>({
  columns,
  toValue,
  sizeOf,
  maxSize,
}: BlockCacheOptions<Column, Value>) => {
  const cache = new LRUCache<string, Value>({ maxSize, sizeCalculation: sizeOf });
  return {
    /**
     * Those of the blocks that are stored, by their numbers and in that order.
     * @throws MissingDataError where one is cut short
     */
    async load(
      db: Db,
      { id, blockSize, blockRevision, hashFormat, hashBits }: CachedCatalog,
      numbers: readonly number[],
    ) {
      const keyOf = (block: number): string => `${id}:${blockRevision}:${hashFormat}:${block}`;
      const found = new Map(numbers.map((block) => [block, cache.get(keyOf(block))]));
      const missing = numbers.filter((block) => found.get(block) === undefined);
      for await (const row of readBlocks(db, id, missing, ["block", ...columns], hashFormat)) {
        requireWhole(id, row, hashBits);
        const value = toValue(row, blockSize);
        found.set(row.block, value);
        cache.set(keyOf(row.block), value);
        // There may be a thousand blocks: messages have their turn between them.
        await setImmediate();
      }
      return new Map([...found].filter((entry): entry is [number, Value] => entry[1] !== undefined));
    },
  };
};
