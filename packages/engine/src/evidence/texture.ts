import type { TextureCounts } from "./texture-counts.ts";

/** Measures of what a picture looks like, each of them 0..255. */
export interface Texture {
  /** Standard deviation of luma, in levels. */
  readonly deviation: number;
  /** Part of the pixels at an edge, in thousandths, up to 255. */
  readonly edges: number;
  /** Part of the edges that run along an axis, in 1/255; 0 where there is no edge. */
  readonly axisEdges: number;
  /** Part of the pixels whose surroundings are smooth, in 1/255. */
  readonly smooth: number;
  /** Part of the pixels that have the background's luma, in 1/255. */
  readonly background: number;
  /** Strokes of writing on the background for each thousand pixels. */
  readonly strokes: number;
  /** Rows and columns that differ from the line before in at least half their pixels, up to 255. */
  readonly lines: number;
  /** Root of the mean square of the Laplacian, in halves of a level, up to 255 (variance of the Laplacian: Pertuz et al., 2013). */
  readonly sharpness: number;
  /** Part of the pixels that are black (at most 2) and white (at least 253), in 1/255. */
  readonly black: number;
  readonly white: number;
}

const MOST = 255;

/** A part of a whole in 1/255, rounded; 0 of nothing. */
const partOf = (part: number, whole: number): number => (whole === 0 ? 0 : Math.round((part * MOST) / whole));

/** The same in thousandths. */
const perMille = (part: number, whole: number): number =>
  whole === 0 ? 0 : Math.min(MOST, Math.round((part * 1_000) / whole));

/** The largest integer whose square is at most the number: Math.sqrt is exact to the last bit on every machine (IEEE 754). */
const root = (square: number): number => Math.min(MOST, Math.floor(Math.sqrt(square)));

/** The measures of a picture with at least one pixel. Each is a quotient of integers, so it is the same on every machine. */
export const textureOf = (counts: TextureCounts): Texture => {
  const { pixels, inner, sum, squares } = counts;
  return {
    deviation: root((squares * pixels - sum * sum) / (pixels * pixels)),
    edges: perMille(counts.edges, inner),
    axisEdges: partOf(counts.axisEdges, counts.edges),
    smooth: partOf(counts.smooth, inner),
    background: partOf(counts.backgroundPixels, pixels),
    strokes: perMille(counts.strokes, pixels),
    lines: Math.min(MOST, counts.rows + counts.columns),
    sharpness: inner === 0 ? 0 : root((4 * counts.sharpness) / inner),
    black: partOf(counts.black, pixels),
    white: partOf(counts.white, pixels),
  };
};

/** A picture of one colour, or nearly. */
export const isFlat = ({ deviation }: Texture): boolean => deviation < 2;

/** A picture with fewer edges than features need: sky, fog, gradients, a blurred background. */
export const hasFewEdges = ({ edges }: Texture): boolean => edges < 8;

/**
 * A page of writing: more than half is background, and the rest is strokes with many edges. Drawn pages and receipts have a background of 155 to
 * 234, 22 to 93 strokes and edges of 98 and more; photographs with as many strokes have a background below 100.
 */
export const isTextLike = ({ background, strokes, edges, axisEdges }: Texture): boolean =>
  background >= 130 && strokes >= 15 && edges >= 80 && axisEdges >= 80;

/**
 * A screen: mostly smooth, its edges along the axes, with whole lines at the borders of bars and windows. Drawn screens have 18 to 32 such lines,
 * axis edges of 90 and more and smooth parts of 193 and more; smooth photographs have either fewer edges or hardly one along an axis.
 */
export const isScreenshotLike = (texture: Texture): boolean =>
  !isTextLike(texture) &&
  texture.smooth >= 150 &&
  texture.edges >= 25 &&
  texture.axisEdges >= 80 &&
  texture.lines >= 10;
