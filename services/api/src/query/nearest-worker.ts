import { queryRow } from "@lookalike/engine/compare/block-hashes";
import type { HashRows } from "@lookalike/engine/compare/kernel";
import { plain } from "@lookalike/engine/compare/plain";
import { at, byteAt } from "@lookalike/shared/domain/primitives/columns";

export interface Near {
  readonly ordinal: number;
  /** In bits. */
  readonly distance: number;
}

export interface NearestSearch {
  /** In shared memory: a search reads all hashes of a catalog. */
  readonly blocks: readonly HashRows[];
  readonly hash: Uint8Array;
  readonly maxDistance: number;
  readonly limit: number;
}

/**
 * Runs in a worker thread: the images of the blocks that are nearest to the hash, nearest first. For a
 * single row, the plain kernel is several times faster than those that copy and transpose all rows first.
 */
export default ({ blocks, hash, maxDistance, limit }: NearestSearch): Near[] => {
  const left = queryRow(hash);
  const found: Near[] = [];
  plain(
    blocks.map((right) => ({ left, right, same: false })),
    maxDistance,
    ({ a, distance }) => {
      for (let edge = 0; edge < a.length; edge += 1)
        found.push({ ordinal: at(a, edge), distance: byteAt(distance, edge) });
    },
  );
  return found.sort((a, b) => a.distance - b.distance || a.ordinal - b.ordinal).slice(0, limit);
};
