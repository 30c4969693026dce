import { BLOCK_SIDE, type Block } from "./compare-blocks.ts";
import { type ComparedPicture, chromaAt, pointOf, type Samples } from "./sample-grid.ts";
import { IDENTITY, inverted, mapped, type Transform } from "./transform.ts";

/** How the colours of two pictures differ where these overlap. */
export interface ColourComparison {
  /** By how much the colours of b are stronger than those of a, up to 1.6: 0 = b is grey or has one tint, 1 = as strong, or both have none. */
  readonly saturation: number;
  /** Standard deviation of the weaker colours, in levels: 0 = one of both pictures has one tint. */
  readonly spread: number;
  /** By how many levels the mean colour is another one: a white balance, a tint. */
  readonly shift: number;
  /** The largest share of blocks, 0..1, whose colour is another one than saturation and white balance explain. */
  readonly differs: number;
  /** Root of the mean square of what these leave, in levels of Cb and Cr. */
  readonly residual: number;
}

/** A white balance and a filter change all colours in one way: cb' = k cb + c. No k turns a red shirt into a blue one. */
const MOST_SATURATION = 1.6;
/** A block's colour is another one from so many levels on. */
const LEVELS = 16;

/** Compares the colours of blocks that have the same luma. */
export const compareColours = (
  a: ComparedPicture,
  b: ComparedPicture,
  transform: Transform,
  samples: Samples,
  blocks: readonly Block[],
): ColourComparison => {
  const [toA, toB] = samples.reference === "a" ? [IDENTITY, transform] : [inverted(transform), IDENTITY];
  const pairs = blocks
    .filter(({ differs }) => !differs)
    .map(({ column, row }) => {
      const middle = (row * BLOCK_SIDE + BLOCK_SIDE / 2) * samples.columns + column * BLOCK_SIDE + BLOCK_SIDE / 2;
      const here = pointOf(samples, middle);
      const inA = mapped(toA, here);
      const inB = mapped(toB, here);
      return {
        a: [chromaAt(a.cb, a, inA), chromaAt(a.cr, a, inA)] as const,
        b: [chromaAt(b.cb, b, inB), chromaAt(b.cr, b, inB)] as const,
      };
    });
  if (pairs.length === 0) return { saturation: 1, spread: 0, shift: 0, differs: 0, residual: 0 };
  const forward = fit(pairs);
  const backward = fit(pairs.map((pair) => ({ a: pair.b, b: pair.a })));
  const best = forward.residual <= backward.residual ? forward : backward;
  const [first, second] = [statisticsOf(pairs.map((pair) => pair.a)), statisticsOf(pairs.map((pair) => pair.b))];
  return {
    ...best,
    saturation: strengthOf(first.spread, second.spread),
    spread: Math.min(first.spread, second.spread),
    shift: Math.hypot(second.mean[0] - first.mean[0], second.mean[1] - first.mean[1]),
  };
};

/** Less than this standard deviation is no colour. */
const COLOURED = 2;

const strengthOf = (a: number, b: number): number => {
  if (a < COLOURED) return b < COLOURED ? 1 : MOST_SATURATION;
  return Math.min(MOST_SATURATION, b / a);
};

const statisticsOf = (chroma: readonly Chroma[]): { readonly mean: Chroma; readonly spread: number } => {
  const meanOf = (channel: 0 | 1): number => chroma.reduce((sum, levels) => sum + levels[channel], 0) / chroma.length;
  const mean = [meanOf(0), meanOf(1)] as const;
  const squares = chroma.reduce((sum, [cb, cr]) => sum + (cb - mean[0]) ** 2 + (cr - mean[1]) ** 2, 0);
  return { mean, spread: Math.sqrt(squares / chroma.length) };
};

interface Pair {
  readonly a: Chroma;
  readonly b: Chroma;
}

type Chroma = readonly [cb: number, cr: number];

/** cb' = k cb + c of all pairs, with one k for both channels. */
const fit = (pairs: readonly Pair[]): Pick<ColourComparison, "differs" | "residual"> => {
  const mean = (of: (pair: Pair) => number): number => pairs.reduce((sum, pair) => sum + of(pair), 0) / pairs.length;
  const means = {
    a: [mean(({ a }) => a[0]), mean(({ a }) => a[1])],
    b: [mean(({ b }) => b[0]), mean(({ b }) => b[1])],
  };
  const apart = (chroma: Chroma, of: readonly number[]): Chroma => [chroma[0] - (of[0] ?? 0), chroma[1] - (of[1] ?? 0)];
  const centred = pairs.map(({ a, b }) => ({ a: apart(a, means.a), b: apart(b, means.b) }));
  const squares = centred.reduce((sum, { a }) => sum + a[0] ** 2 + a[1] ** 2, 0);
  const products = centred.reduce((sum, { a, b }) => sum + a[0] * b[0] + a[1] * b[1], 0);
  const saturation = squares === 0 ? 0 : Math.max(0, Math.min(MOST_SATURATION, products / squares));
  const errors = centred.map(({ a, b }) => Math.hypot(b[0] - saturation * a[0], b[1] - saturation * a[1]));
  return {
    differs: errors.filter((error) => error > LEVELS).length / pairs.length,
    residual: Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / pairs.length),
  };
};
