import { at } from "@lookalike/shared/domain/primitives/columns";

/** How much of a picture's size is detail, and what is left of the blocks of a JPEG that it once was. */
export interface Resolution {
  /** Pixels of the working picture that its finest detail has: 1, 2, 4 or 8. At 2 a copy of half the size would show the same. */
  readonly detail: number;
  /**
   * The grid of a JPEG's blocks, in pixels of the whole picture: 8, or 12, 16 or 24 where the picture was enlarged after; 0 = none is seen. It is not seen in a
   * picture of more than 1,024 pixels, nor under a quality of about 75 and better.
   */
  readonly grid: number;
}

/** In pixels. */
export const DISTANCES = [1, 2, 4, 8] as const;
export const SQUARES_ROW_STEP = 8;

const SMOOTH = 3;

/**
 * The finest detail, by the structure function: the mean square of the difference of two pixels, by their distance. Where detail is finer than a distance,
 * twice the distance makes the difference little larger; where all is smooth, twice as large and its square four times.
 * @param squares for each of {@link DISTANCES}: the sum of the squares of the differences between two pixels, beside and above each other, in every
 * eighth row
 */
export const detailOf = (width: number, height: number, squares: Float64Array): number => {
  let mean = meanSquare(width, height, squares, 0);
  for (let index = 0; index + 1 < DISTANCES.length; index += 1) {
    const next = meanSquare(width, height, squares, index + 1);
    if (!(next > SMOOTH * mean)) return DISTANCES[index] as number;
    mean = next;
  }
  return DISTANCES[DISTANCES.length - 1] as number;
};

const meanSquare = (width: number, height: number, squares: Float64Array, index: number): number => {
  const distance = DISTANCES[index] as number;
  const rows = Math.ceil((height - distance) / SQUARES_ROW_STEP);
  const count = 2 * Math.max(0, width - distance) * Math.max(0, rows);
  return count === 0 ? 0 : at(squares, index) / count;
};
