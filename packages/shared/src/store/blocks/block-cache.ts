import { setImmediate } from "node:timers/promises";
import { LRUCache } from "lru-cache";
import type { Db } from "../open.ts";
import { type BlockDigest, type BlockRow, readBlocks } from "./hash-blocks.ts";

interface BlockCacheOptions<Column extends keyof BlockRow, Value> {
  /** Columns that `toValue` needs. */
  readonly columns: readonly Column[];
  /** What is cached of a block. Whatever it holds of the row must be a copy: a row is part of a query's answer. */
  readonly toValue: (row: Pick<BlockRow, Column | "block">, blockSize: number) => Value;
  /** In the unit of `maxSize`; at least 1. */
  readonly sizeOf: (value: Value) => number;
  readonly maxSize: number;
}

export interface BlockCache<Value> {
  /**
   * The blocks of `stored`, which the caller has just listed, by their numbers and in that order. A cached
   * block counts only while its digest is the listed one: a replay or a new hash format replaces blocks.
   * @throws Error where a block is replaced at that moment: another attempt reads the new one
   */
  load(db: Db, catalogId: string, blockSize: number, stored: readonly BlockDigest[]): Promise<Map<number, Value>>;
}

/** A cache of what a process needs of the hash blocks that it read last. */
export const createBlockCache = <Column extends keyof BlockRow, Value>({
  columns,
  toValue,
  sizeOf,
  maxSize,
}: BlockCacheOptions<Column, Value>): BlockCache<Value> => {
  const cache = new LRUCache<string, { digest: string; value: Value }>({
    maxSize,
    sizeCalculation: ({ value }) => sizeOf(value),
  });
  return {
    async load(db, catalogId, blockSize, stored) {
      const found = new Map<number, { digest: string; value: Value }>();
      for (const { block, digest } of stored) {
        const cached = cache.get(`${catalogId}:${block}`);
        if (cached?.digest === digest) found.set(block, cached);
      }
      const missing = stored.map(({ block }) => block).filter((block) => !found.has(block));
      for await (const row of readBlocks(db, catalogId, missing, ["block", "digest", ...columns])) {
        const entry = { digest: row.digest, value: toValue(row, blockSize) };
        found.set(row.block, entry);
        cache.set(`${catalogId}:${row.block}`, entry);
        // There may be a thousand blocks: messages have their turn between them.
        await setImmediate();
      }
      const values = stored.map(({ block, digest }): [number, Value] => {
        const entry = found.get(block);
        if (entry?.digest !== digest)
          throw new Error(`block ${block} of catalog ${catalogId} was replaced while it was read`);
        return [block, entry.value];
      });
      return new Map(values);
    },
  };
};
