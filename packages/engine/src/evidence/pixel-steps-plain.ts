import { at, byteAt } from "@lookalike/shared/domain/primitives/columns";
import type { Luma } from "./evidence-memory.ts";
import { DISTANCES, type PixelSteps, SQUARES_ROW_STEP } from "./pixel-steps.ts";

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
