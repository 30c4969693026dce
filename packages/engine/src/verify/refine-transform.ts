import { eliminated } from "./eliminate.ts";
import { boundsOf, overlapOf } from "./overlap.ts";
import type { ComparedPicture } from "./sample-grid.ts";
import {
  determinant,
  distance,
  inverted,
  mapped,
  middleOf,
  type Point,
  scaleOf,
  stretchOf,
  type Transform,
} from "./transform.ts";

/** Points along the long side of the overlap, from coarse to fine: blurred pictures fit from farther away. */
const SIDES = [24, 48, 96];
const ROUNDS = 8;
/** Residuals beyond so many times their median belong to what one of both pictures does not show. */
const OUTLIER = 4;
/** A step that moves no corner by more than this part of the grid's step is the last one. */
const STILL = 0.02;
const MOST_STRETCH = 1.5;
/** A map that leaves the first one by more than this part of the overlap's long side has lost its way. */
const MOST_DRIFT = 0.08;

/**
 * Improves an affine map of one picture to another until their luma fits best: Gauss-Newton steps from coarse to fine (Lucas and Kanade, 1981), with gain and
 * offset of the luma among the unknowns and without the points that fit worst.
 * @returns the map itself where there is nothing to hold on to
 */
export const refineTransform = (a: ComparedPicture, b: ComparedPicture, transform: Transform): Transform => {
  const isOfA = scaleOf(transform) >= 1;
  const [from, to] = isOfA ? [a, b] : [b, a];
  const first = isOfA ? transform : inverted(transform);
  let map = first;
  for (const side of SIDES) map = refineAt(from, to, map, side) ?? map;
  if (!isPlausible(from, to, first, map)) return transform;
  return isOfA ? map : inverted(map);
};

const isPlausible = (from: ComparedPicture, to: ComparedPicture, first: Transform, map: Transform): boolean => {
  if (!(determinant(first) * determinant(map) > 0) || stretchOf(map) > MOST_STRETCH * stretchOf(first)) return false;
  const overlap = overlapOf(from, to, first);
  if (overlap === null) return false;
  const side = longSide(overlap.corners) * scaleOf(first);
  return overlap.corners.every((corner) => distance(mapped(first, corner), mapped(map, corner)) <= MOST_DRIFT * side);
};

const longSide = (corners: readonly Point[]): number => {
  const { width, height } = boundsOf(corners);
  return Math.max(width, height);
};

interface Sample {
  readonly residual: number;
  /** How it changes with the six numbers of the map, the gain and the offset. */
  readonly slopes: readonly number[];
}

const refineAt = (from: ComparedPicture, to: ComparedPicture, start: Transform, side: number): Transform | null => {
  let map = start;
  for (let round = 0; round < ROUNDS; round += 1) {
    const overlap = overlapOf(from, to, map);
    if (overlap === null) return null;
    const step = longSide(overlap.corners) / side;
    if (step < 1) return map;
    const centre = middleOf(overlap.corners);
    const samples = samplesOf(from, to, map, overlap.corners, step, centre);
    const change = solved(withoutOutliers(samples));
    if (change === null) return null;
    const [xx = 0, xy = 0, dx = 0, yx = 0, yy = 0, dy = 0] = change;
    const next = {
      xx: map.xx + xx / step,
      xy: map.xy + xy / step,
      yx: map.yx + yx / step,
      yy: map.yy + yy / step,
      dx: map.dx + dx - (xx * centre.x + xy * centre.y) / step,
      dy: map.dy + dy - (yx * centre.x + yy * centre.y) / step,
    };
    const moved = Math.max(...overlap.corners.map((corner) => distance(mapped(map, corner), mapped(next, corner))));
    map = next;
    if (moved < STILL * step) break;
  }
  return map;
};

const samplesOf = (
  from: ComparedPicture,
  to: ComparedPicture,
  map: Transform,
  corners: readonly Point[],
  step: number,
  centre: Point,
): Sample[] => {
  const samples: { luma: number; there: number; slopeX: number; slopeY: number; x: number; y: number }[] = [];
  const box = 2 * step;
  const otherBox = box * scaleOf(map);
  const { left, top, width, height } = boundsOf(corners);
  for (let y = top + step / 2; y < top + height; y += step)
    for (let x = left + step / 2; x < left + width; x += step) {
      const at = mapped(map, { x, y });
      if (at.x < 0 || at.y < 0 || at.x > to.width || at.y > to.height) continue;
      const half = otherBox / 4;
      samples.push({
        luma: from.luma.mean(x, y, box),
        there: to.luma.mean(at.x, at.y, otherBox),
        slopeX: (to.luma.mean(at.x + half, at.y, otherBox) - to.luma.mean(at.x - half, at.y, otherBox)) / (2 * half),
        slopeY: (to.luma.mean(at.x, at.y + half, otherBox) - to.luma.mean(at.x, at.y - half, otherBox)) / (2 * half),
        x: (x - centre.x) / step,
        y: (y - centre.y) / step,
      });
    }
  const { gain, offset } = gainOf(samples);
  return samples.map(({ luma, there, slopeX, slopeY, x, y }) => ({
    residual: gain * luma + offset - there,
    slopes: [slopeX * x, slopeX * y, slopeX, slopeY * x, slopeY * y, slopeY, -luma, -1],
  }));
};

/** The line of one luma to the other with the least squares. */
const gainOf = (samples: readonly { readonly luma: number; readonly there: number }[]) => {
  const count = samples.length;
  const luma = samples.reduce((sum, sample) => sum + sample.luma, 0) / count;
  const there = samples.reduce((sum, sample) => sum + sample.there, 0) / count;
  const squares = samples.reduce((sum, sample) => sum + (sample.luma - luma) ** 2, 0);
  const products = samples.reduce((sum, sample) => sum + (sample.luma - luma) * (sample.there - there), 0);
  const gain = squares === 0 ? 1 : products / squares;
  return { gain, offset: there - gain * luma };
};

const withoutOutliers = (samples: readonly Sample[]): Sample[] => {
  const sizes = samples.map(({ residual }) => Math.abs(residual)).sort((a, b) => a - b);
  const limit = OUTLIER * Math.max(1, sizes[sizes.length >> 1] ?? 0);
  return samples.filter(({ residual }) => Math.abs(residual) <= limit);
};

/** The change with the least squares: normal equations by Gauss's elimination; null where the points do not determine it. */
const solved = (samples: readonly Sample[]): number[] | null => {
  const size = samples[0]?.slopes.length ?? 0;
  if (samples.length < 2 * size || size === 0) return null;
  const rows = Array.from({ length: size }, () => new Float64Array(size + 1));
  for (const { slopes, residual } of samples)
    for (const [i, row] of rows.entries()) {
      const slope = slopes[i] as number;
      for (let j = 0; j < size; j += 1) row[j] = (row[j] as number) + slope * (slopes[j] as number);
      row[size] = (row[size] as number) + slope * residual;
    }
  return eliminated(rows);
};
