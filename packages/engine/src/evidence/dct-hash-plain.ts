import { at } from "@lookalike/shared/domain/primitives/columns";
import { GRID, GRID_BYTES, packGrid } from "./bit-grid.ts";
import { DCT_COSINES, DCT_SIDE, FREQUENCIES } from "./dct-cosines.ts";
import { DCT_HASHES_BYTES, type DctHashes } from "./dct-hash.ts";

/** The hashes, and the 16 x 16 lowest frequencies of the picture that they are of, row by row from the lowest. */
interface PlainDctHashes extends DctHashes {
  readonly coefficients: Float32Array;
}

/**
 * PDQ in plain code: the reference that the kernel dct_hashes must agree with, bit by bit. Each operation is rounded to single precision, in the
 * order of Facebook's implementation.
 * @param luma width x height bytes
 */
export const plainDctHashes = (luma: Uint8Array, width: number, height: number): PlainDctHashes => {
  const isSmall = width === DCT_SIDE && height === DCT_SIDE;
  const small = isSmall ? Float64Array.from(luma) : shrink(Float64Array.from(luma), width, height);
  const coefficients = transform(small);
  const hashes = new Uint8Array(DCT_HASHES_BYTES);
  for (let number = 0; number < 4; number += 1)
    hashes.set(
      hashOf(coefficients.map((value, index) => value * signOf(index, number % 2 === 1, number >= 2))),
      number * GRID_BYTES,
    );
  return { coefficients: Float32Array.from(coefficients), hashes, quality: qualityOf(small) };
};

/** Frequencies count from 1, so those of even index are odd. */
const signOf = (index: number, mirrored: boolean, flipped: boolean): number =>
  (mirrored && index % 2 === 0 ? -1 : 1) * (flipped && (index >> 4) % 2 === 0 ? -1 : 1);

/** A bit is 1 where its coefficient is above the 128th smallest of 256. PDQ writes the last bit first. */
const hashOf = (coefficients: Float64Array): Uint8Array => {
  const median = at(coefficients.slice().sort(), (GRID * GRID) / 2 - 1);
  return packGrid((index) => at(coefficients, GRID * GRID - 1 - index) > median);
};

/** 64 x 64 means: a box of 1/128 of the picture, twice in each direction, then the centres of 64 x 64 parts. */
const shrink = (luma: Float64Array, width: number, height: number): Float64Array => {
  let pixels = luma;
  for (let pass = 0; pass < 2; pass += 1) {
    pixels = boxes(pixels, { lines: height, lineStep: width, length: width, step: 1 });
    pixels = boxes(pixels, { lines: width, lineStep: 1, length: height, step: width });
  }
  return Float64Array.from({ length: DCT_SIDE * DCT_SIDE }, (_, index) => {
    const y = Math.floor(((2 * Math.floor(index / DCT_SIDE) + 1) * height) / (2 * DCT_SIDE));
    const x = Math.floor(((2 * (index % DCT_SIDE) + 1) * width) / (2 * DCT_SIDE));
    return at(pixels, y * width + x);
  });
};

/** Rows or columns of pixels: where they begin and how they go on. */
interface Lines {
  readonly lines: number;
  readonly lineStep: number;
  readonly length: number;
  readonly step: number;
}

/** The mean of a window along each line. At the ends the window is shorter. */
const boxes = (pixels: Float64Array, { lines, lineStep, length, step }: Lines): Float64Array => {
  const window = Math.floor((length + 2 * DCT_SIDE - 1) / (2 * DCT_SIDE));
  const half = (window + 2) >> 1;
  const means = new Float64Array(pixels.length);
  for (let line = 0; line < lines; line += 1) {
    const pixel = (index: number): number => at(pixels, line * lineStep + index * step);
    let sum = 0;
    for (let index = 0; index < half - 1; index += 1) sum = Math.fround(sum + pixel(index));
    for (let index = 0; index < length; index += 1) {
      const added = index + half - 1;
      const removed = index - (window - half) - 1;
      if (added < length) sum = Math.fround(sum + pixel(added));
      if (removed >= 0) sum = Math.fround(sum - pixel(removed));
      means[line * lineStep + index * step] = Math.fround(sum / (Math.min(added, length - 1) - Math.max(removed, -1)));
    }
  }
  return means;
};

const transform = (small: Float64Array): Float64Array => {
  const partial = new Float64Array(FREQUENCIES * DCT_SIDE);
  for (let i = 0; i < FREQUENCIES; i += 1)
    for (let x = 0; x < DCT_SIDE; x += 1) {
      let sum = 0;
      for (let y = 0; y < DCT_SIDE; y += 1)
        sum = Math.fround(sum + Math.fround(at(DCT_COSINES, i * DCT_SIDE + y) * at(small, y * DCT_SIDE + x)));
      partial[i * DCT_SIDE + x] = sum;
    }
  const coefficients = new Float64Array(FREQUENCIES * FREQUENCIES);
  for (let i = 0; i < FREQUENCIES; i += 1)
    for (let j = 0; j < FREQUENCIES; j += 1) {
      let sum = 0;
      for (let x = 0; x < DCT_SIDE; x += 1)
        sum = Math.fround(sum + Math.fround(at(partial, i * DCT_SIDE + x) * at(DCT_COSINES, j * DCT_SIDE + x)));
      coefficients[i * FREQUENCIES + j] = sum;
    }
  return coefficients;
};

/** Steps between neighbours that are at least 1 % of the range, added up. */
const qualityOf = (small: Float64Array): number => {
  let sum = 0;
  const step = (from: number, to: number): number => {
    const difference = Math.fround(at(small, from) - at(small, to));
    return Math.abs(Math.trunc(Math.fround(Math.fround(difference * 100) / 255)));
  };
  for (let index = 0; index < small.length; index += 1) {
    if (index + DCT_SIDE < small.length) sum += step(index, index + DCT_SIDE);
    if ((index + 1) % DCT_SIDE !== 0) sum += step(index, index + 1);
  }
  return Math.min(100, Math.floor(sum / 90));
};
