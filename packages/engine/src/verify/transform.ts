import type { Turn } from "../evidence/turns.ts";

/** An affine map of one picture's pixels to another's: x' = xx x + xy y + dx, y' = yx x + yy y + dy. */
export interface Transform {
  readonly xx: number;
  readonly xy: number;
  readonly yx: number;
  readonly yy: number;
  readonly dx: number;
  readonly dy: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** How far two points are from each other. */
export const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

/** The mean of some points. */
export const middleOf = (points: readonly Point[]): Point => ({
  x: points.reduce((sum, { x }) => sum + x, 0) / points.length,
  y: points.reduce((sum, { y }) => sum + y, 0) / points.length,
});

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Each point stays where it is. */
export const IDENTITY: Transform = { xx: 1, xy: 0, yx: 0, yy: 1, dx: 0, dy: 0 };

/** Where a point is in the other picture. */
export const mapped = ({ xx, xy, yx, yy, dx, dy }: Transform, { x, y }: Point): Point => ({
  x: xx * x + xy * y + dx,
  y: yx * x + yy * y + dy,
});

/** By how much areas grow; negative where the map mirrors. */
export const determinant = ({ xx, xy, yx, yy }: Transform): number => xx * yy - xy * yx;

/** By how much lengths grow, in the geometric mean of all directions. */
export const scaleOf = (transform: Transform): number => Math.sqrt(Math.abs(determinant(transform)));

/** Whether left and right change places. */
export const isMirrored = (transform: Transform): boolean => determinant(transform) < 0;

/** The angle in degrees, -180 to 180, by which the map rotates clockwise (y points down); of a mirrored picture after it was mirrored left to right. */
export const rotationOf = (transform: Transform): number => {
  const side = isMirrored(transform) ? -1 : 1;
  return (Math.atan2(side * transform.yx - transform.xy, side * transform.xx + transform.yy) * 180) / Math.PI;
};

/** By how much more one direction grows than the one across it: 1 = the form is kept. Both singular values' quotient. */
export const stretchOf = ({ xx, xy, yx, yy }: Transform): number => {
  const half = Math.hypot(xx + yy, yx - xy) / 2;
  const other = Math.hypot(xx - yy, yx + xy) / 2;
  return (half + other) / Math.abs(half - other);
};

/** The map back. @throws RangeError where the map makes a line of the plane */
export const inverted = (transform: Transform): Transform => {
  const { xx, xy, yx, yy, dx, dy } = transform;
  const d = determinant(transform);
  if (d === 0) throw new RangeError("the map has no inverse");
  return {
    xx: yy / d,
    xy: -xy / d,
    yx: -yx / d,
    yy: xx / d,
    dx: (xy * dy - yy * dx) / d,
    dy: (yx * dx - xx * dy) / d,
  };
};

/** First one map, then the other. */
export const composed = (first: Transform, then: Transform): Transform => {
  const { x: dx, y: dy } = mapped(then, { x: first.dx, y: first.dy });
  return {
    xx: then.xx * first.xx + then.xy * first.yx,
    xy: then.xx * first.xy + then.xy * first.yy,
    yx: then.yx * first.xx + then.yy * first.yx,
    yy: then.yx * first.xy + then.yy * first.yy,
    dx,
    dy,
  };
};

/** The map of a whole picture to the whole of another one that is turned, stretched where their forms differ. */
export const turnTransform = (from: Size, to: Size, { transposed, mirrored, flipped }: Turn): Transform => {
  const across = ((mirrored ? -1 : 1) * to.width) / (transposed ? from.height : from.width);
  const down = ((flipped ? -1 : 1) * to.height) / (transposed ? from.width : from.height);
  return {
    xx: transposed ? 0 : across,
    xy: transposed ? across : 0,
    yx: transposed ? down : 0,
    yy: transposed ? 0 : down,
    dx: mirrored ? to.width : 0,
    dy: flipped ? to.height : 0,
  };
};

/** A picture mirrored left to right. */
export const mirrorTransform = ({ width }: Size): Transform => ({ xx: -1, xy: 0, yx: 0, yy: 1, dx: width, dy: 0 });
