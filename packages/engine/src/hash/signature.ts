import { COLOUR_CELLS, SIGNATURE_BYTES } from "@lookalike/shared/domain/image/signature";
import { CELL_SIDE, CELLS, type PictureSums } from "./picture-sums.ts";

/**
 * The second, independent hash and the colours of a picture, from the same decode as the first:
 * docs/hash-format.md, `signature/2`.
 */
export const signatureOf = ({ cells }: PictureSums): Uint8Array => {
  const signature = new Uint8Array(SIGNATURE_BYTES);
  signature.set(frequencyHash(lumaOf(cells)));
  signature.set(colours(cells), SIGNATURE_BYTES - COLOUR_CELLS * COLOUR_CELLS * 2);
  return signature;
};

/** Mean luma (Rec. 601) of each cell: what the transform sees. */
const lumaOf = (cells: Int32Array): Float64Array =>
  Float64Array.from(
    { length: CELLS * CELLS },
    (_, cell) =>
      (0.299 * (cells[cell * 3] ?? 0) + 0.587 * (cells[cell * 3 + 1] ?? 0) + 0.114 * (cells[cell * 3 + 2] ?? 0)) /
      (CELL_SIDE * CELL_SIDE),
  );

const FREQUENCIES = 8;

/** cos((2 n + 1) k pi / 64): the DCT-II of 32 points, frequencies 1..8 (the constant says nothing of shape). */
const COSINES = Float64Array.from({ length: FREQUENCIES * CELLS }, (_, at) =>
  Math.cos(((2 * (at % CELLS) + 1) * (Math.floor(at / CELLS) + 1) * Math.PI) / (2 * CELLS)),
);

/**
 * 64 bits: each of the 8 x 8 lowest frequencies against their median (pHash: Zauner, "Implementation
 * and Benchmarking of Perceptual Image Hash Functions", 2010, section 3.2.1).
 */
const frequencyHash = (samples: Float64Array): Uint8Array => {
  const rows = new Float64Array(CELLS * FREQUENCIES);
  for (let y = 0; y < CELLS; y += 1)
    for (let k = 0; k < FREQUENCIES; k += 1) {
      let sum = 0;
      for (let x = 0; x < CELLS; x += 1) sum += (samples[y * CELLS + x] ?? 0) * (COSINES[k * CELLS + x] ?? 0);
      rows[y * FREQUENCIES + k] = sum;
    }
  const frequencies = new Float64Array(FREQUENCIES * FREQUENCIES);
  for (let j = 0; j < FREQUENCIES; j += 1)
    for (let k = 0; k < FREQUENCIES; k += 1) {
      let sum = 0;
      for (let y = 0; y < CELLS; y += 1) sum += (rows[y * FREQUENCIES + k] ?? 0) * (COSINES[j * CELLS + y] ?? 0);
      frequencies[j * FREQUENCIES + k] = sum;
    }
  const sorted = frequencies.slice().sort();
  const median = ((sorted[31] ?? 0) + (sorted[32] ?? 0)) / 2;
  const hash = new Uint8Array(8);
  frequencies.forEach((value, at) => {
    if (value > median) hash[at >> 3] = (hash[at >> 3] ?? 0) | (0x80 >> (at & 7));
  });
  return hash;
};

/** Mean Cb and Cr (Rec. 601, 128 = grey) of each quarter of the picture. */
const colours = (cells: Int32Array): Uint8Array => {
  const sums = new Float64Array(COLOUR_CELLS * COLOUR_CELLS * 2);
  const quarter = CELLS / COLOUR_CELLS;
  for (let cell = 0; cell < CELLS * CELLS; cell += 1) {
    const [y, x] = [Math.floor(cell / CELLS / quarter), Math.floor((cell % CELLS) / quarter)];
    const [red, green, blue] = [cells[cell * 3] ?? 0, cells[cell * 3 + 1] ?? 0, cells[cell * 3 + 2] ?? 0];
    const to = (y * COLOUR_CELLS + x) * 2;
    sums[to] = (sums[to] ?? 0) - 0.168736 * red - 0.331264 * green + 0.5 * blue;
    sums[to + 1] = (sums[to + 1] ?? 0) + 0.5 * red - 0.418688 * green - 0.081312 * blue;
  }
  const pixels = (quarter * CELL_SIDE) ** 2;
  return Uint8Array.from(sums, (sum) => Math.max(0, Math.min(255, Math.round(128 + sum / pixels))));
};
