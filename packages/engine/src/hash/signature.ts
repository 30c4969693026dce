import { COLOUR_CELLS, SIGNATURE_BYTES } from "@lookalike/shared/domain/image/signature";
import { at, byteAt } from "@lookalike/shared/domain/primitives/columns";

/** Width and height in pixels to which a picture is resized. */
export const SIDE = 128;
/** Cells in a row and in a column, and the width and height of a cell in pixels. */
const CELLS = 32;
const CELL_SIDE = SIDE / CELLS;

/** The sums of one pass over a picture's pixels. */
interface PictureSums {
  /** Sums of red, green and blue in each of 32 x 32 cells, row by row. */
  readonly cells: Int32Array;
  /** Standard deviation of luma (Rec. 601) over all pixels, 0..127.5. */
  readonly lumaDeviation: number;
}

/** @param rgba SIDE x SIDE pixels of four bytes */
export const pictureSums = (rgba: Uint8Array): PictureSums => {
  const pixels = wordsOf(rgba);
  const cells = new Int32Array(CELLS * CELLS * 3);
  let lumas = 0;
  let squares = 0;
  for (let cell = 0; cell < CELLS * CELLS; cell += 1) {
    const corner = Math.floor(cell / CELLS) * CELL_SIDE * SIDE + (cell % CELLS) * CELL_SIDE;
    let red = 0;
    let green = 0;
    let blue = 0;
    for (let row = corner; row < corner + CELL_SIDE * SIDE; row += SIDE) {
      for (let index = row; index < row + CELL_SIDE; index += 1) {
        const pixel = at(pixels, index);
        const [r, g, b] = [pixel & 255, (pixel >>> 8) & 255, (pixel >>> 16) & 255];
        red += r;
        green += g;
        blue += b;
        const luma = 0.299 * r + 0.587 * g + 0.114 * b;
        lumas += luma;
        squares += luma * luma;
      }
    }
    cells[cell * 3] = red;
    cells[cell * 3 + 1] = green;
    cells[cell * 3 + 2] = blue;
  }
  const count = SIDE * SIDE;
  return { cells, lumaDeviation: Math.sqrt(Math.max(0, squares / count - (lumas / count) ** 2)) };
};

/** Four bytes as one little-endian word, as on every platform of Node. */
const wordsOf = (bytes: Uint8Array): Uint32Array => {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Uint32Array(aligned.buffer, aligned.byteOffset, SIDE * SIDE);
};

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

/** Mean luma (Rec. 601) of each cell: the input of the transform. */
const lumaOf = (cells: Int32Array): Float64Array =>
  Float64Array.from(
    { length: CELLS * CELLS },
    (_, cell) =>
      (0.299 * at(cells, cell * 3) + 0.587 * at(cells, cell * 3 + 1) + 0.114 * at(cells, cell * 3 + 2)) /
      (CELL_SIDE * CELL_SIDE),
  );

const FREQUENCIES = 8;

/** cos((2 n + 1) k pi / 64): the DCT-II of 32 points, frequencies 1..8. Frequency 0 says nothing about shape. */
const COSINES = Float64Array.from({ length: FREQUENCIES * CELLS }, (_, index) =>
  Math.cos(((2 * (index % CELLS) + 1) * (Math.floor(index / CELLS) + 1) * Math.PI) / (2 * CELLS)),
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

/** Mean Cb and Cr (Rec. 601, 128 = grey) of each quarter of the picture. */
const colours = (cells: Int32Array): Uint8Array => {
  const sums = new Float64Array(COLOUR_CELLS * COLOUR_CELLS * 2);
  const quarter = CELLS / COLOUR_CELLS;
  for (let cell = 0; cell < CELLS * CELLS; cell += 1) {
    const [y, x] = [Math.floor(cell / CELLS / quarter), Math.floor((cell % CELLS) / quarter)];
    const [red, green, blue] = [at(cells, cell * 3), at(cells, cell * 3 + 1), at(cells, cell * 3 + 2)];
    const to = (y * COLOUR_CELLS + x) * 2;
    sums[to] = at(sums, to) - 0.168736 * red - 0.331264 * green + 0.5 * blue;
    sums[to + 1] = at(sums, to + 1) + 0.5 * red - 0.418688 * green - 0.081312 * blue;
  }
  const pixels = (quarter * CELL_SIDE) ** 2;
  return Uint8Array.from(sums, (sum) => Math.max(0, Math.min(255, Math.round(128 + sum / pixels))));
};
