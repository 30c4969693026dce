/** What the pixels of a picture look like, in counts: the kernel count_texture takes them, texture.ts makes measures of them. */
export interface TextureCounts {
  /** Pixels that were counted: those of every second row. */
  readonly pixels: number;
  /** Pixels of each luma, 0..255. */
  readonly histogram: Uint32Array;
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
  /** Rows and columns of which at least half the pixels differ by 12 or more from those of the line before. */
  readonly rows: number;
  readonly columns: number;
  /** Sum of the squares of the Laplacian (4 times a pixel minus its four neighbours) over inner pixels. */
  readonly sharpness: number;
}

export const LEVELS = 256;
/** Pixels, edges and strokes are counted in every second row. */
export const ROW_STEP = 2;

/** 32-bit words that the kernel writes. */
export const COUNT_WORDS = LEVELS + 10;

/** The counts from the kernel's words: `Counts` of kernels/count-texture.c. */
export const countsOf = (words: Uint32Array, pixels: number): TextureCounts => {
  const [inner, edges, axisEdges, smooth, strokes, background, rows, columns, low, high] = words.slice(
    LEVELS,
    COUNT_WORDS,
  ) as unknown as [number, number, number, number, number, number, number, number, number, number];
  return {
    ...{ pixels, histogram: words.slice(0, LEVELS), inner, edges, axisEdges, smooth, strokes, background },
    ...{ rows, columns, sharpness: high * 2 ** 32 + low },
  };
};
