import { at, byteAt } from "@lookalike/shared/domain/primitives/columns";
import type { Samples } from "./sample-grid.ts";
import { toneCurve, tonedLevel } from "./tone-curve.ts";

/** Points of a block in a row and in a column. */
export const BLOCK_SIDE = 12;
/** A block counts where so many of its points are in both pictures. */
const INSIDE = 0.9;
/** A block has a texture from this standard deviation on, in levels. */
const TEXTURE = 6;
/** Blocks with a texture differ where their correlation is lower. */
const CORRELATION = 0.6;
/** Blocks without differ where their levels do, after the tone curve. */
const LEVELS = 24;

/** One block of the grid, in both pictures. */
export interface Block {
  readonly column: number;
  readonly row: number;
  readonly isTextured: boolean;
  /** Normalised cross-correlation of both, -1..1; 1 for a block without texture in both. */
  readonly correlation: number;
  readonly differs: boolean;
  /** Standard deviation of the levels, of the picture where it is less. */
  readonly contrast: number;
}

export interface BlockComparison {
  readonly blocks: readonly Block[];
  /** Of a's levels to b's, for each level of 0..255, and of b's to a's. */
  readonly tone: Float64Array;
  readonly back: Float64Array;
}

/**
 * Compares two pictures block by block where they overlap, each with the other's tone curve: where one of both ways fits, the block is the same, because a
 * curve that clips has no way back. The curve is fitted twice, the second time without the blocks that differ.
 */
export const compareBlocks = (samples: Samples): BlockComparison => {
  const used = samples.inside.slice();
  const first = compareWith(samples, used);
  for (const { column, row, differs } of first.blocks) if (differs) clear(used, samples, column, row);
  return used.some((one) => one === 1) ? compareWith(samples, used) : first;
};

const clear = (used: Uint8Array, { columns }: Samples, column: number, row: number): void => {
  for (let y = row * BLOCK_SIDE; y < (row + 1) * BLOCK_SIDE; y += 1)
    used.fill(0, y * columns + column * BLOCK_SIDE, y * columns + (column + 1) * BLOCK_SIDE);
};

const compareWith = (samples: Samples, used: Uint8Array): BlockComparison => {
  const tone = toneCurve(samples.a, samples.b, used);
  const back = toneCurve(samples.b, samples.a, used);
  const aAsB = samples.a.map((level) => tonedLevel(tone, level));
  const bAsA = samples.b.map((level) => tonedLevel(back, level));
  const blocks: Block[] = [];
  for (let row = 0; (row + 1) * BLOCK_SIDE <= samples.rows; row += 1)
    for (let column = 0; (column + 1) * BLOCK_SIDE <= samples.columns; column += 1) {
      const forward = blockOf(samples, aAsB, samples.b, column, row);
      const backward = blockOf(samples, samples.a, bAsA, column, row);
      if (forward === null || backward === null) continue;
      blocks.push(forward.differs && !backward.differs ? backward : forward);
    }
  return { blocks, tone, back };
};

const blockOf = (
  { columns, inside }: Samples,
  a: Float64Array,
  b: Float64Array,
  column: number,
  row: number,
): Block | null => {
  let count = 0;
  let sumA = 0;
  let sumB = 0;
  let squaresA = 0;
  let squaresB = 0;
  let products = 0;
  for (let y = row * BLOCK_SIDE; y < (row + 1) * BLOCK_SIDE; y += 1)
    for (let index = y * columns + column * BLOCK_SIDE, end = index + BLOCK_SIDE; index < end; index += 1) {
      if (byteAt(inside, index) === 0) continue;
      const [levelA, levelB] = [at(a, index), at(b, index)];
      count += 1;
      sumA += levelA;
      sumB += levelB;
      squaresA += levelA * levelA;
      squaresB += levelB * levelB;
      products += levelA * levelB;
    }
  if (count < INSIDE * BLOCK_SIDE * BLOCK_SIDE) return null;
  const varianceA = Math.max(0, squaresA / count - (sumA / count) ** 2);
  const varianceB = Math.max(0, squaresB / count - (sumB / count) ** 2);
  const covariance = products / count - (sumA * sumB) / count ** 2;
  const isTextured = Math.max(varianceA, varianceB) >= TEXTURE ** 2;
  const both = Math.sqrt(varianceA * varianceB);
  const correlation = isTextured ? (both === 0 ? 0 : covariance / both) : 1;
  const differs = isTextured ? correlation < CORRELATION : Math.abs(sumA - sumB) / count > LEVELS;
  return { column, row, isTextured, correlation, differs, contrast: Math.sqrt(Math.min(varianceA, varianceB)) };
};
