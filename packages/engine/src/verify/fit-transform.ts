import { middleOf, type Point, type Transform } from "./transform.ts";

interface Pair {
  readonly a: Point;
  readonly b: Point;
}

/** Sums over pairs of points, about their means. */
const momentsOf = (pairs: readonly Pair[]) => {
  const a = middleOf(pairs.map((pair) => pair.a));
  const b = middleOf(pairs.map((pair) => pair.b));
  const moments = { xx: 0, xy: 0, yy: 0, xu: 0, xv: 0, yu: 0, yv: 0 };
  for (const pair of pairs) {
    const x = pair.a.x - a.x;
    const y = pair.a.y - a.y;
    const u = pair.b.x - b.x;
    const v = pair.b.y - b.y;
    moments.xx += x * x;
    moments.xy += x * y;
    moments.yy += y * y;
    moments.xu += x * u;
    moments.xv += x * v;
    moments.yu += y * u;
    moments.yv += y * v;
  }
  return { a, b, ...moments };
};

const through = (linear: Pick<Transform, "xx" | "xy" | "yx" | "yy">, a: Point, b: Point): Transform => ({
  ...linear,
  dx: b.x - linear.xx * a.x - linear.xy * a.y,
  dy: b.y - linear.yx * a.x - linear.yy * a.y,
});

/** The similarity (turned, made larger, moved; not mirrored) with the least squares (Umeyama, 1991, in two dimensions). @param pairs two different points at least */
export const fitSimilarity = (pairs: readonly Pair[]): Transform => {
  const { a, b, xx, yy, xu, yv, xv, yu } = momentsOf(pairs);
  const cosine = (xu + yv) / (xx + yy);
  const sine = (xv - yu) / (xx + yy);
  return through({ xx: cosine, xy: -sine, yx: sine, yy: cosine }, a, b);
};

/** The affine map with the least squares; null where the points are in a line. */
export const fitAffine = (pairs: readonly Pair[]): Transform | null => {
  const { a, b, xx, xy, yy, xu, yu, xv, yv } = momentsOf(pairs);
  const d = xx * yy - xy * xy;
  if (d <= COLLINEAR * (xx + yy) ** 2) return null;
  return through(
    {
      xx: (xu * yy - yu * xy) / d,
      xy: (yu * xx - xu * xy) / d,
      yx: (xv * yy - yv * xy) / d,
      yy: (yv * xx - xv * xy) / d,
    },
    a,
    b,
  );
};

const COLLINEAR = 1e-3;
