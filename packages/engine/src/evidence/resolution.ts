import { at } from "@lookalike/shared/domain/primitives/columns";
import type { PicturePixels } from "../hash/picture-pixels.ts";
import { DISTANCES, type PixelSteps, SQUARES_ROW_STEP } from "./pixel-steps.ts";

/** How much of a picture's size is detail, and what is left of the blocks of a JPEG that it once was. */
export interface Resolution {
  /** Pixels of the working picture that its finest detail has: 1, 2, 4 or 8. At 2 a copy of half the size would show the same. */
  readonly detail: number;
  /**
   * The grid of a JPEG's blocks, in pixels of the whole picture: 8, or 12, 16 or 24 where the picture was enlarged after; 0 = none is seen. It is not seen in a
   * picture of more than 1,024 pixels, nor under a quality of about 75 and better.
   */
  readonly grid: number;
}

const GRIDS = [8, 12, 16, 24];
/** An enlarged picture has lines of its own at these distances, or at multiples of them. */
const ENLARGED = [2, 3, 4];
/** A grid's lines in the working picture are at least so many pixels from each other. */
const LEAST_PERIOD = 4;

type Sizes = Pick<PicturePixels, "width" | "height" | "sourceWidth" | "sourceHeight">;

/** What the steps between a working picture's pixels say. */
export const resolutionOf = (sizes: Sizes, steps: PixelSteps): Resolution => ({
  detail: detailOf(sizes, steps),
  grid: gridOf(sizes, steps),
});

/**
 * The finest detail, by the structure function: the mean square of the difference of two pixels, by their distance. Where detail is finer than a distance,
 * twice the distance makes the difference little larger; where all is smooth, twice as large and its square four times.
 */
const detailOf = ({ width, height }: Sizes, { squares }: PixelSteps): number => {
  const means = DISTANCES.map((distance, index) => {
    const rows = Math.ceil((height - distance) / SQUARES_ROW_STEP);
    const count = 2 * Math.max(0, width - distance) * Math.max(0, rows);
    return count === 0 ? 0 : (squares[index] as number) / count;
  });
  const first = means.findIndex((mean, index) => !((means[index + 1] ?? 0) > SMOOTH * mean));
  return DISTANCES[first] as number;
};

const SMOOTH = 3;
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
