import { at } from "@lookalike/shared/domain/primitives/columns";

/** Width and height in pixels to which a picture is resized. */
export const SIDE = 128;
/** Cells in a row and in a column, and the width and height of a cell in pixels. */
export const CELLS = 32;
export const CELL_SIDE = SIDE / CELLS;

/** The sums of one pass over a picture's pixels. */
export interface PictureSums {
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
