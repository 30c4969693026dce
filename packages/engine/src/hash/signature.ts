import { COLOUR_CELLS, SIGNATURE_BYTES } from "@lookalike/shared/domain/image/signature";
import { at, byteAt } from "@lookalike/shared/domain/primitives/columns";
import { CHROMA_SIDE, type PicturePixels, SMALL_SIDE } from "./picture-pixels.ts";
import { cellMeans, cellSums, squares } from "./pixels/cell-sums.ts";

/** Cells in a row and in a column, whose sums of luma are the input of the transform. */
const CELLS = 32;

/** Standard deviation of SMALL_SIDE x SMALL_SIDE pixels' luma, 0..127.5. */
export const lumaDeviation = (luma: Uint8Array): number => {
  const mean = at(cellSums(luma, SMALL_SIDE, 1), 0) / luma.length;
  return Math.sqrt(Math.max(0, squares(luma) / luma.length - mean ** 2));
};

/**
 * The second, independent hash and the colours of a picture: docs/hash-format.md, `signature/3`.
 * @param luma SMALL_SIDE x SMALL_SIDE bytes, row by row
 */
export const signatureOf = (luma: Uint8Array, { cb, cr }: Pick<PicturePixels, "cb" | "cr">): Uint8Array => {
  const signature = new Uint8Array(SIGNATURE_BYTES);
  signature.set(frequencyHash(cellSums(luma, SMALL_SIDE, CELLS)));
  signature.set(colours(cb, cr), SIGNATURE_BYTES - COLOUR_CELLS * COLOUR_CELLS * 2);
  return signature;
};

const FREQUENCIES = 8;

/** cos((2 n + 1) k pi / 64): the DCT-II of 32 points, frequencies 1..8. Frequency 0 says nothing about shape. */
const COSINES = Float64Array.from({ length: FREQUENCIES * CELLS }, (_, index) =>
  Math.cos(((2 * (index % CELLS) + 1) * (Math.floor(index / CELLS) + 1) * Math.PI) / (2 * CELLS)),
);

/**
 * 64 bits: each of the 8 x 8 lowest frequencies against their median (pHash: Zauner, "Implementation
 * and Benchmarking of Perceptual Image Hash Functions", 2010, section 3.2.1).
 */
const frequencyHash = (samples: Int32Array): Uint8Array => {
  const rows = new Float64Array(CELLS * FREQUENCIES);
  for (let y = 0; y < CELLS; y += 1)
    for (let k = 0; k < FREQUENCIES; k += 1) {
      let sum = 0;
      for (let x = 0; x < CELLS; x += 1) sum += at(samples, y * CELLS + x) * at(COSINES, k * CELLS + x);
      rows[y * FREQUENCIES + k] = sum;
    }
  const frequencies = new Float64Array(FREQUENCIES * FREQUENCIES);
  for (let j = 0; j < FREQUENCIES; j += 1)
    for (let k = 0; k < FREQUENCIES; k += 1) {
      let sum = 0;
      for (let y = 0; y < CELLS; y += 1) sum += at(rows, y * FREQUENCIES + k) * at(COSINES, j * CELLS + y);
      frequencies[j * FREQUENCIES + k] = sum;
    }
  const sorted = frequencies.slice().sort();
  const median = (at(sorted, 31) + at(sorted, 32)) / 2;
  const hash = new Uint8Array(8);
  frequencies.forEach((value, bit) => {
    if (value > median) hash[bit >> 3] = byteAt(hash, bit >> 3) | (0x80 >> (bit & 7));
  });
  return hash;
};

/** Mean Cb, then Cr, of each quarter of the picture. */
const colours = (cb: Uint8Array, cr: Uint8Array): Uint8Array => {
  const blue = cellMeans(cb, CHROMA_SIDE, COLOUR_CELLS);
  const red = cellMeans(cr, CHROMA_SIDE, COLOUR_CELLS);
  return Uint8Array.from({ length: blue.length + red.length }, (_, index) =>
    byteAt(index % 2 === 0 ? blue : red, index >> 1),
  );
};
