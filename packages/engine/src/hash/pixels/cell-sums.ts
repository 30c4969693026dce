import { at, byteAt } from "@lookalike/shared/domain/primitives/columns";
import { nativeCellSums, nativeSquares } from "./native-pixels.ts";

/**
 * The sum of each of cells x cells squares of a plane, row by row.
 * @param plane side x side bytes, the side a multiple of `cells`
 */
export const cellSums = (plane: Uint8Array, side: number, cells: number): Int32Array => {
  const sums = new Int32Array(cells * cells);
  return nativeCellSums?.(plane, side, cells, sums) === true ? sums : plainCellSums(plane, side, cells);
};

/** {@link cellSums} in plain TypeScript. */
export const plainCellSums = (plane: Uint8Array, side: number, cells: number): Int32Array => {
  const cellSide = side / cells;
  const sums = new Int32Array(cells * cells);
  for (let y = 0, index = 0; y < side; y += 1) {
    const first = Math.floor(y / cellSide) * cells;
    for (let column = 0; column < cells; column += 1) {
      let sum = 0;
      for (const end = index + cellSide; index < end; index += 1) sum += byteAt(plane, index);
      sums[first + column] = at(sums, first + column) + sum;
    }
  }
  return sums;
};

/** The mean of each of the squares of {@link cellSums}, rounded half up. */
export const cellMeans = (plane: Uint8Array, side: number, cells: number): Uint8Array =>
  Uint8Array.from(cellSums(plane, side, cells), (sum) => Math.round(sum / (side / cells) ** 2));

/** The sum of the squares of a plane's bytes. */
export const squares = (plane: Uint8Array): number => nativeSquares?.(plane) ?? plainSquares(plane);

/** {@link squares} in plain TypeScript. */
export const plainSquares = (plane: Uint8Array): number => plane.reduce((sum, byte) => sum + byte * byte, 0);
