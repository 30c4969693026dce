import { at, byteAt } from "@lookalike/shared/domain/primitives/columns";
import type { PicturePixels } from "../hash/picture-pixels.ts";

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
const MOST_DETAIL = 8;

/** What the luma of a working picture says. Sums are of every fourth or eighth line: enough for means. */
export const resolutionOf = (pixels: Omit<PicturePixels, "cb" | "cr">): Resolution => ({
  detail: detailOf(pixels),
  grid: gridOf(pixels),
});

/**
 * The finest detail, by the structure function: the mean square of the difference of two pixels, by their distance. Where detail is finer than a distance,
 * twice the distance makes the difference little larger; where all is smooth, twice as large and its square four times.
 */
const detailOf = ({ luma, width, height }: Pick<PicturePixels, "luma" | "width" | "height">): number => {
  let detail = 1;
  let here = squares(luma, width, height, 1);
  while (detail < MOST_DETAIL) {
    const there = squares(luma, width, height, detail * 2);
    if (!(there > SMOOTH * here)) return detail;
    detail *= 2;
    here = there;
  }
  return detail;
};

const SMOOTH = 3;
const LINES_APART = 8;

/** The mean square of the difference of two pixels at a distance, beside or above each other. */
const squares = (luma: Uint8Array, width: number, height: number, distance: number): number => {
  let sum = 0;
  let count = 0;
  for (let y = 0; y + distance < height; y += LINES_APART)
    for (let index = y * width, end = index + width - distance; index < end; index += 1) {
      const pixel = byteAt(luma, index);
      const across = pixel - byteAt(luma, index + distance);
      const along = pixel - byteAt(luma, index + distance * width);
      sum += across * across + along * along;
      count += 2;
    }
  return count === 0 ? 0 : sum / count;
};

const gridOf = ({ luma, width, height, sourceWidth, sourceHeight }: Omit<PicturePixels, "cb" | "cr">): number => {
  const scale = Math.max(width, height) / Math.max(sourceWidth, sourceHeight);
  if (GRIDS.every((grid) => grid * scale < LEAST_PERIOD)) return 0;
  const columns = steps(luma, { lines: height, lineStep: width, length: width, step: 1 });
  const rows = steps(luma, { lines: width, lineStep: 1, length: height, step: width });
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

interface Lines {
  readonly lines: number;
  readonly lineStep: number;
  readonly length: number;
  readonly step: number;
}

/** Steps larger than this are edges of the picture and not of blocks. */
const MOST_STEP = 24;

/** By place: by how much the step to the next pixel is larger than the steps beside it, added up over lines (Wang, Bovik and Evans, 2000). */
const steps = (luma: Uint8Array, { lines, lineStep, length, step }: Lines): Float64Array => {
  const sums = new Float64Array(length);
  for (let line = 0; line < lines; line += 4)
    for (let place = 1; place + 2 < length; place += 1) {
      const index = line * lineStep + place * step;
      const from = byteAt(luma, index);
      const to = byteAt(luma, index + step);
      const before = byteAt(luma, index - step);
      const after = byteAt(luma, index + 2 * step);
      const larger = 2 * Math.abs(to - from) - Math.abs(from - before) - Math.abs(after - to);
      if (larger > 0 && larger < 2 * MOST_STEP) sums[place] = at(sums, place) + larger;
    }
  return sums;
};

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
