import { at, byteAt } from "@lookalike/shared/domain/primitives/columns";
import type { PicturePixels } from "../hash/picture-pixels.ts";
import type { Turn } from "./turns.ts";

/** Cells of the layout in a row and in a column. */
const SIDE = 4;
const CELLS = SIDE * SIDE;
export const COLOUR_LAYOUT_BYTES = 2 * CELLS;

/**
 * Where which colours are: the mean Cb, then the mean Cr (Rec. 601, 128 = grey) of 4 x 4 parts of a picture, row by row (after the colour layout
 * descriptor of MPEG-7, ISO/IEC 15938-3, without its transform).
 * @returns 32 bytes
 */
export const colourLayout = ({ cb, cr }: Pick<PicturePixels, "cb" | "cr">): Uint8Array => {
  const layout = new Uint8Array(COLOUR_LAYOUT_BYTES);
  layout.set(means(cb));
  layout.set(means(cr), CELLS);
  return layout;
};

/** The layout of the turned picture. */
export const turnedColourLayout = (layout: Uint8Array, { transposed, mirrored, flipped }: Turn): Uint8Array =>
  layout.map((_, index) => {
    const row = flipped ? SIDE - 1 - ((index >> 2) & 3) : (index >> 2) & 3;
    const column = mirrored ? SIDE - 1 - (index & 3) : index & 3;
    return byteAt(layout, (index & CELLS) + (transposed ? column * SIDE + row : row * SIDE + column));
  });

/** Means of squares of cells, rounded. @param chroma a square of cells, its side a multiple of 4 */
const means = (chroma: Uint8Array): Uint8Array => {
  const side = Math.sqrt(chroma.length);
  const part = side / SIDE;
  const sums = new Uint32Array(CELLS);
  chroma.forEach((value, index) => {
    const cell = Math.floor(Math.floor(index / side) / part) * SIDE + Math.floor((index % side) / part);
    sums[cell] = at(sums, cell) + value;
  });
  return Uint8Array.from(sums, (sum) => Math.round(sum / (part * part)));
};
