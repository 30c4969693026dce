import { at, byteAt } from "@lookalike/shared/domain/primitives/columns";
import type { BlockComparison } from "./compare-blocks.ts";
import { largestRegion } from "./differing-region.ts";
import type { ComparedPicture, Samples } from "./sample-grid.ts";
import { tonedLevel } from "./tone-curve.ts";
import { IDENTITY, inverted, scaleOf, type Transform } from "./transform.ts";

/** Points of a small block in a row and in a column: a face in a group is not much larger. */
const SMALL_SIDE = 6;
/** A small block counts where so many of its points are in both pictures. */
const INSIDE = 0.9;
/** Levels are other ones where their root mean square differs by more than this, and by more than this part of the block's own contrast. */
const LEVELS = 6;
const OF_CONTRAST = 0.2;
/** A block has detail from this root mean square on, in levels. Compression removes what is weaker. */
const DETAIL = 3;
/** Detail is lost where less than this part of it is left, measured by what is left elsewhere: a smaller copy loses some everywhere. */
const LEFT = 0.35;
/** In fewer blocks with detail, there is no "elsewhere". */
const LEAST_DETAILED = 4;
/** Detail is what differs between the mean of one step and that of so many. */
const COARSE_STEPS = 5;

interface SmallBlock {
  readonly column: number;
  readonly row: number;
  readonly hasOtherLevels: boolean;
  /** Root mean square of the detail of each picture, and how much of it the other has: 1 = all. */
  readonly a: Detail;
  readonly b: Detail;
}

interface Detail {
  readonly strength: number;
  readonly left: number;
}

/** How many small blocks the largest regions have in which a copy was changed. */
export interface Changes {
  /** Where levels are other ones after the tone curve, as under writing. */
  readonly levels: number;
  /** Where they are, or where detail was lost: as under a blurred face, a mosaic or a smudge, which leave the correlation of larger blocks as it was. */
  readonly all: number;
}

/** Where a copy was changed. Compression and another size change single blocks at most. */
export const largestChanges = (
  a: ComparedPicture,
  b: ComparedPicture,
  transform: Transform,
  samples: Samples,
  curves: Pick<BlockComparison, "tone" | "back">,
): Changes => {
  const small = smallBlocks(samples, detailOf(a, b, transform, samples), curves);
  const lost = [lostDetail(small.map((block) => block.a)), lostDetail(small.map((block) => block.b))];
  const region = (differs: (index: number) => boolean): number =>
    largestRegion(small.map(({ column, row }, index) => ({ column, row, differs: differs(index) }))).length;
  const hasOtherLevels = (index: number): boolean => small[index]?.hasOtherLevels === true;
  return {
    levels: region(hasOtherLevels),
    all: region((index) => hasOtherLevels(index) || lost.some((list) => list[index] === true)),
  };
};

/** Where less of the detail is left than in most other places. */
const lostDetail = (blocks: readonly Detail[]): boolean[] => {
  const detailed = blocks.filter(({ strength }) => strength >= DETAIL);
  if (detailed.length < LEAST_DETAILED) return blocks.map(() => false);
  const middle = detailed.map(({ left }) => left).sort((x, y) => x - y)[detailed.length >> 1] as number;
  return blocks.map(({ strength, left }) => strength >= DETAIL && left < LEFT * middle);
};

/** The detail of both pictures at each point of the grid, in levels. */
const detailOf = (a: ComparedPicture, b: ComparedPicture, transform: Transform, samples: Samples) => {
  const isOfA = samples.reference === "a";
  const [toA, toB] = isOfA ? [IDENTITY, transform] : [inverted(transform), IDENTITY];
  const { inside, columns, origin, step } = samples;
  const detail = (picture: ComparedPicture, map: Transform): Float64Array => {
    const box = step * scaleOf(map);
    const values = new Float64Array(inside.length);
    for (let index = 0; index < values.length; index += 1) {
      if (byteAt(inside, index) === 0) continue;
      // Where a point is: without an object for each of them, of which there are 44,000.
      const column = origin.x + ((index % columns) + 0.5) * step;
      const row = origin.y + (Math.floor(index / columns) + 0.5) * step;
      const x = map.xx * column + map.xy * row + map.dx;
      const y = map.yx * column + map.yy * row + map.dy;
      values[index] = picture.luma.mean(x, y, box) - picture.luma.mean(x, y, COARSE_STEPS * box);
    }
    return values;
  };
  return { a: detail(a, toA), b: detail(b, toB) };
};

const smallBlocks = (
  samples: Samples,
  detail: { readonly a: Float64Array; readonly b: Float64Array },
  curves: Pick<BlockComparison, "tone" | "back">,
): SmallBlock[] => {
  const { columns, rows } = samples;
  const blocks: SmallBlock[] = [];
  for (let row = 0; (row + 1) * SMALL_SIDE <= rows; row += 1)
    for (let column = 0; (column + 1) * SMALL_SIDE <= columns; column += 1) {
      const block = smallBlock(samples, detail, curves, column, row);
      if (block !== null) blocks.push(block);
    }
  return blocks;
};

/** One loop over its points, since a pair of pictures has 1,800 of these blocks. */
const smallBlock = (
  { a, b, columns, inside }: Samples,
  detail: { readonly a: Float64Array; readonly b: Float64Array },
  { tone, back }: Pick<BlockComparison, "tone" | "back">,
  column: number,
  row: number,
): SmallBlock | null => {
  const levels = { a: 0, b: 0, squaresA: 0, squaresB: 0, forward: 0, backward: 0 };
  const details = { a: 0, b: 0, both: 0 };
  let count = 0;
  for (let y = row * SMALL_SIDE; y < (row + 1) * SMALL_SIDE; y += 1)
    for (let index = y * columns + column * SMALL_SIDE, end = index + SMALL_SIDE; index < end; index += 1) {
      if (byteAt(inside, index) === 0) continue;
      const [levelA, levelB, detailA, detailB] = [at(a, index), at(b, index), at(detail.a, index), at(detail.b, index)];
      count += 1;
      levels.a += levelA;
      levels.b += levelB;
      levels.squaresA += levelA * levelA;
      levels.squaresB += levelB * levelB;
      levels.forward += (tonedLevel(tone, levelA) - levelB) ** 2;
      levels.backward += (tonedLevel(back, levelB) - levelA) ** 2;
      details.a += detailA * detailA;
      details.b += detailB * detailB;
      details.both += detailA * detailB;
    }
  if (count < INSIDE * SMALL_SIDE ** 2) return null;
  const excess = (difference: number, sum: number, squares: number): number =>
    Math.sqrt(difference / count) - OF_CONTRAST * Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
  return {
    column,
    row,
    hasOtherLevels:
      excess(levels.forward, levels.a, levels.squaresA) > LEVELS &&
      excess(levels.backward, levels.b, levels.squaresB) > LEVELS,
    a: { strength: Math.sqrt(details.a / count), left: details.a === 0 ? 1 : details.both / details.a },
    b: { strength: Math.sqrt(details.b / count), left: details.b === 0 ? 1 : details.both / details.b },
  };
};
