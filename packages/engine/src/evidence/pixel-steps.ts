/** By how much the pixels of a picture differ from those beside them: the kernel measure_steps takes the sums, resolution.ts makes measures of them. */
export interface PixelSteps {
  /** For each of {@link DISTANCES}: the sum of the squares of the differences between two pixels, beside and above each other, in every eighth row. */
  readonly squares: readonly number[];
  /**
   * By column: by how much the step to the next pixel is larger than the steps beside it, added up over every fourth row (Wang, Bovik and Evans, 2000).
   * A step that is larger by 48 or more is an edge of the picture, and not counted.
   */
  readonly columns: Float64Array;
  /** The same by row, over every fourth column. */
  readonly rows: Float64Array;
}

/** In pixels. */
export const DISTANCES = [1, 2, 4, 8] as const;
export const SQUARES_ROW_STEP = 8;
