import { at } from "@lookalike/shared/domain/primitives/columns";

/** Levels of a bin: the curve has 32 points. */
const BIN = 8;
const BINS = 256 / BIN;

/**
 * The monotone curve that makes one picture's levels to the other's, with the least squares: isotonic regression by pooling adjacent violators (Barlow et
 * al., 1972) over the means of bins of 8 levels. Brightness, contrast, gamma and filters are such curves; another picture is not.
 * @param from levels, 0..255; each pairs with that of `to` at the same index
 * @param used which pairs count
 * @returns for each level of 0..255 the other's
 */
export const toneCurve = (from: Float64Array, to: Float64Array, used: Uint8Array): Float64Array => {
  const counts = new Float64Array(BINS);
  const sums = new Float64Array(BINS);
  const levels = new Float64Array(BINS);
  for (let index = 0; index < from.length; index += 1) {
    if (used[index] === 0) continue;
    const level = at(from, index);
    const bin = Math.min(BINS - 1, Math.floor(level / BIN));
    counts[bin] = at(counts, bin) + 1;
    sums[bin] = at(sums, bin) + at(to, index);
    levels[bin] = at(levels, bin) + level;
  }
  const pools: { level: number; sum: number; count: number; bins: { at: number; count: number }[] }[] = [];
  for (let bin = 0; bin < BINS; bin += 1) {
    const count = at(counts, bin);
    if (count === 0) continue;
    const centre = at(levels, bin) / count;
    let pool = { level: centre, sum: at(sums, bin), count, bins: [{ at: centre, count }] };
    for (
      let last = pools.at(-1);
      last !== undefined && last.sum / last.count > pool.sum / pool.count;
      last = pools.at(-1)
    ) {
      pools.pop();
      pool = {
        level: centre,
        sum: last.sum + pool.sum,
        count: last.count + pool.count,
        bins: [...last.bins, ...pool.bins],
      };
    }
    pools.push(pool);
  }
  const points = pools.flatMap(({ sum, count, bins }) => bins.map(({ at: x }) => ({ x, y: sum / count })));
  return Float64Array.from({ length: 256 }, (_, level) => interpolated(points, level));
};

/** A level after a curve, between two of its points where it is no whole number. */
export const tonedLevel = (curve: Float64Array, level: number): number => {
  const below = Math.floor(level);
  const here = at(curve, below);
  return here + (at(curve, Math.min(255, below + 1)) - here) * (level - below);
};

const interpolated = (points: readonly { readonly x: number; readonly y: number }[], x: number): number => {
  const next = points.findIndex((point) => point.x >= x);
  const to = points[next === -1 ? points.length - 1 : next];
  const from = points[next === -1 ? points.length - 1 : Math.max(0, next - 1)];
  if (to === undefined || from === undefined) return x;
  return to.x === from.x ? to.y : from.y + ((to.y - from.y) * (x - from.x)) / (to.x - from.x);
};
