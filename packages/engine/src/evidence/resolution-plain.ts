import { at, byteAt } from "@lookalike/shared/domain/primitives/columns";
import type { PicturePixels } from "../hash/picture-pixels.ts";
import type { Luma } from "./evidence-memory.ts";
import { DISTANCES, detailOf, type Resolution, SQUARES_ROW_STEP } from "./resolution.ts";

/** By how much the pixels of a picture differ from those beside them. */
export interface PixelSteps {
  /** For each of {@link DISTANCES}: the sum of the squares of the differences between two pixels, beside and above each other, in every eighth row. */
  readonly squares: readonly number[];
  /**
   * By column: by how much the step to the next pixel is larger than the steps beside it, added up over every fourth row (Wang, Bovik and Evans, 2000).
   * A step that is larger by 48 or more is an edge of the picture, and not counted.
   */
  readonly columns: Float64Array;
  /** The same by row, over every fourth column. */
  readonly rows: Float64Array;
}

/** The steps in plain code: the reference that the kernel measure_steps must agree with. */
export const plainSteps = ({ luma, width, height }: Luma): PixelSteps => ({
  squares: DISTANCES.map((distance) => squares(luma, width, height, distance)),
  columns: steps(luma, { lines: height, lineStep: width, length: width, step: 1 }),
  rows: steps(luma, { lines: width, lineStep: 1, length: height, step: width }),
});

const squares = (luma: Uint8Array, width: number, height: number, distance: number): number => {
  let sum = 0;
  for (let y = 0; y + distance < height; y += SQUARES_ROW_STEP)
    for (let index = y * width, end = index + width - distance; index < end; index += 1) {
      const pixel = byteAt(luma, index);
      const across = pixel - byteAt(luma, index + distance);
      const along = pixel - byteAt(luma, index + distance * width);
      sum += across * across + along * along;
    }
  return sum;
};

interface Lines {
  readonly lines: number;
  readonly lineStep: number;
  readonly length: number;
  readonly step: number;
}

/** More is an edge of the picture and not of blocks. */
const MOST_LARGER = 48;
const LINE_STEP = 4;

const steps = (luma: Uint8Array, { lines, lineStep, length, step }: Lines): Float64Array => {
  const sums = new Float64Array(length);
  for (let line = 0; line < lines; line += LINE_STEP)
    for (let place = 1; place + 2 < length; place += 1) {
      const index = line * lineStep + place * step;
      const from = byteAt(luma, index);
      const to = byteAt(luma, index + step);
      const before = byteAt(luma, index - step);
      const after = byteAt(luma, index + 2 * step);
      const larger = 2 * Math.abs(to - from) - Math.abs(from - before) - Math.abs(after - to);
      if (larger > 0 && larger < MOST_LARGER) sums[place] = at(sums, place) + larger;
    }
  return sums;
};

const GRIDS = [8, 12, 16, 24];
/** An enlarged picture has lines of its own at these distances, or at multiples of them. */
const ENLARGED = [2, 3, 4];
/** A grid's lines in the working picture are at least so many pixels from each other. */
const LEAST_PERIOD = 4;

type Sizes = Pick<PicturePixels, "width" | "height" | "sourceWidth" | "sourceHeight">;

/** The resolution in plain code: the reference that the kernels measure_steps and find_grid must agree with. */
export const plainResolution = (luma: Luma, sizes: Sizes): Resolution => {
  const steps = plainSteps(luma);
  return { detail: detailOf(luma.width, luma.height, Float64Array.from(steps.squares)), grid: gridOf(sizes, steps) };
};

const gridOf = ({ width, height, sourceWidth, sourceHeight }: Sizes, { columns, rows }: PixelSteps): number => {
  const scale = Math.max(width, height) / Math.max(sourceWidth, sourceHeight);
  if (GRIDS.every((grid) => grid * scale < LEAST_PERIOD)) return 0;
  const ratioOf = (grid: number): number => {
    const period = grid * scale;
    return period < 2 ? 0 : Math.min(combOf(columns, period), combOf(rows, period));
  };
  const found = GRIDS.map((grid) => (grid * scale < LEAST_PERIOD ? 0 : ratioOf(grid)));
  const most = Math.max(...found);
  if (most < SEEN || ENLARGED.some((period) => ratioOf(period) >= most * ALIKE)) return 0;
  // Every second line of a grid is a grid, too.
  return GRIDS[found.findIndex((ratio) => ratio >= most * ALIKE)] ?? 0;
};

/** Two grids whose ratios differ by less are one, of which the finer has all lines. */
const ALIKE = 0.9;

/** How many times larger than between them the steps are at a grid's lines. */
const SEEN = 1.5;

/** The mean of the steps at a grid's lines by that of all others, at the best phase; 0 where there are too few lines. */
const combOf = (sums: Float64Array, period: number): number => {
  const teeth = Math.floor((sums.length - 4) / period);
  if (teeth < 6) return 0;
  const all = sums.reduce((total, sum) => total + sum, 0);
  let best = 0;
  for (let phase = 1; phase < 1 + period; phase += 1) {
    let sum = 0;
    for (let tooth = 0; tooth < teeth; tooth += 1) sum += at(sums, Math.floor(phase + tooth * period));
    const others = (all - sum) / (sums.length - 3 - teeth);
    best = Math.max(best, others === 0 ? 0 : sum / teeth / others);
  }
  return best;
};
