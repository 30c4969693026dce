import { byteAt } from "@lookalike/shared/domain/primitives/columns";
import { CHROMA_SIDE, type PicturePixels } from "../hash/picture-pixels.ts";
import { cellMeans } from "../hash/pixels/cell-sums.ts";
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
  layout.set(cellMeans(cb, CHROMA_SIDE, SIDE));
  layout.set(cellMeans(cr, CHROMA_SIDE, SIDE), CELLS);
  return layout;
};

/** The layout of the turned picture. */
export const turnedColourLayout = (layout: Uint8Array, { transposed, mirrored, flipped }: Turn): Uint8Array =>
  layout.map((_, index) => {
    const row = flipped ? SIDE - 1 - ((index >> 2) & 3) : (index >> 2) & 3;
    const column = mirrored ? SIDE - 1 - (index & 3) : index & 3;
    return byteAt(layout, (index & CELLS) + (transposed ? column * SIDE + row : row * SIDE + column));
  });
