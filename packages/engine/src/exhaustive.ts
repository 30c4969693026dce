import type { Edges } from "@lookalike/shared/domain/edges";
import { popcount32 } from "@lookalike/shared/domain/hamming";
import type { BlockHashes, Kernel } from "./kernel.ts";

/**
 * Compares every pair, in plain typed arrays: the reference that faster kernels must agree with.
 * A pair is given up as soon as the words read so far are farther apart than the radius.
 */
export const exhaustive: Kernel = {
  name: "exhaustive",
  join(blocks, pairs, radiusBits) {
    const found = new EdgeColumns();
    let comparisons = 0;
    for (const { i, j } of pairs) {
      const left = blocks.get(i);
      const right = blocks.get(j);
      if (left === undefined || right === undefined) throw new Error(`block pair (${i}, ${j}): a block is missing`);
      comparisons += joinPair(left, right, i === j, radiusBits, found);
    }
    return { edges: found.edges(), comparisons };
  },
};

const joinPair = (
  left: BlockHashes,
  right: BlockHashes,
  same: boolean,
  radiusBits: number,
  found: EdgeColumns,
): number => {
  const rows = left.ordinals.length;
  const columns = right.ordinals.length;
  if (rows === 0 || columns === 0) return 0;
  const width = left.words.length / rows;
  const a = left.words;
  const b = right.words;
  for (let row = 0; row < rows; row += 1) {
    for (let column = same ? row + 1 : 0; column < columns; column += 1) {
      let distance = 0;
      for (let word = 0; word < width && distance <= radiusBits; word += 1) {
        distance += popcount32((a[row * width + word] as number) ^ (b[column * width + word] as number));
      }
      if (distance <= radiusBits) found.add(left.ordinals[row] as number, right.ordinals[column] as number, distance);
    }
  }
  return same ? (rows * (rows - 1)) / 2 : rows * columns;
};

/** Growing columns of edges, in plain arrays of numbers. */
class EdgeColumns {
  readonly #a: number[] = [];
  readonly #b: number[] = [];
  readonly #distance: number[] = [];

  add(left: number, right: number, distance: number): void {
    this.#a.push(Math.min(left, right));
    this.#b.push(Math.max(left, right));
    this.#distance.push(distance);
  }

  edges(): Edges {
    return { a: Uint32Array.from(this.#a), b: Uint32Array.from(this.#b), distance: Uint8Array.from(this.#distance) };
  }
}
