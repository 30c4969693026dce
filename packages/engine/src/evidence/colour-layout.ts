import { byteAt } from "@lookalike/shared/domain/primitives/columns";
import type { Turn } from "./turns.ts";

/** Cells of the layout in a row and in a column. */
const SIDE = 4;
const CELLS = SIDE * SIDE;
export const COLOUR_LAYOUT_BYTES = 2 * CELLS;

/**
 * Where which colours are in a turned picture.
 * @param layout the mean Cb, then the mean Cr (Rec. 601, 128 = grey) of 4 x 4 parts of the picture, row by row (after the colour layout descriptor of
 * MPEG-7, ISO/IEC 15938-3, without its transform)
 * @returns 32 bytes
 */
export const turnedColourLayout = (layout: Uint8Array, { transposed, mirrored, flipped }: Turn): Uint8Array =>
  layout.map((_, index) => {
    const row = flipped ? SIDE - 1 - ((index >> 2) & 3) : (index >> 2) & 3;
    const column = mirrored ? SIDE - 1 - (index & 3) : index & 3;
    return byteAt(layout, (index & CELLS) + (transposed ? column * SIDE + row : row * SIDE + column));
  });
