import { at } from "@lookalike/shared/domain/primitives/columns";

/** What the pixels of a picture look like, in counts: the kernel count_texture takes them, texture.ts makes measures of them. */
export interface TextureCounts {
  /** Pixels that were counted: those of every second row. */
  readonly pixels: number;
  /** The sum of their luma, and that of its squares. */
  readonly sum: number;
  readonly squares: number;
  /** Those of luma 0..2, and those of luma 253..255. */
  readonly black: number;
  readonly white: number;
  /** Pixels that have a neighbour on each side. */
  readonly inner: number;
  /** Of these: where the luma of the neighbours left and right, or above and below, differs by at least 48. */
  readonly edges: number;
  /** Edges whose step in the other direction is at most an eighth. */
  readonly axisEdges: number;
  /** Inner pixels where neither differs by more than 2. */
  readonly smooth: number;
  /** Runs of up to 8 pixels in a row that differ from the background by at least 24, between pixels that do not. */
  readonly strokes: number;
  /** The middle of the nine neighbouring levels of luma that most pixels have, 4..251. */
  readonly background: number;
  /** Pixels of these nine levels. */
  readonly backgroundPixels: number;
  /** Rows and columns of which at least half the pixels differ by 12 or more from those of the line before. */
  readonly rows: number;
  readonly columns: number;
  /** Sum of the squares of the Laplacian (4 times a pixel minus its four neighbours) over inner pixels. */
  readonly sharpness: number;
}

/** Pixels, edges and strokes are counted in every second row. */
export const ROW_STEP = 2;

/** 32-bit words that the kernel writes. */
export const COUNT_WORDS = 16;

/** The counts from the kernel's words: `Counts` of kernels/count-texture.c. */
export const countsOf = (words: Uint32Array, pixels: number): TextureCounts => ({
  pixels,
  inner: at(words, 0),
  edges: at(words, 1),
  axisEdges: at(words, 2),
  smooth: at(words, 3),
  strokes: at(words, 4),
  background: at(words, 5),
  rows: at(words, 6),
  columns: at(words, 7),
  black: at(words, 8),
  white: at(words, 9),
  backgroundPixels: at(words, 10),
  sum: at(words, 11),
  squares: at(words, 13) * 2 ** 32 + at(words, 12),
  sharpness: at(words, 15) * 2 ** 32 + at(words, 14),
});
