import { determinant, inverted, mapped, type Point, type Size, type Transform } from "./transform.ts";

/** Where two pictures show the same, and how much that is of each. */
export interface Overlap {
  /** Its corners in the first picture's pixels, clockwise or anticlockwise; at least 3. */
  readonly corners: readonly Point[];
  /** The parts of their areas, 0..1. */
  readonly ofA: number;
  readonly ofB: number;
}

/** @returns null where the pictures do not overlap */
export const overlapOf = (a: Size, b: Size, transform: Transform): Overlap | null => {
  if (determinant(transform) === 0) return null;
  const back = inverted(transform);
  const other = cornersOf(b).map((corner) => mapped(back, corner));
  const corners = clipped(other, a);
  if (corners.length < 3) return null;
  const area = areaOf(corners);
  return area === 0 ? null : { corners, ofA: area / (a.width * a.height), ofB: Math.min(1, area / areaOf(other)) };
};

/** The least rectangle with sides along the axes that has all points. */
export const boundsOf = (points: readonly Point[]): Size & { readonly left: number; readonly top: number } => {
  const left = Math.min(...points.map(({ x }) => x));
  const top = Math.min(...points.map(({ y }) => y));
  const width = Math.max(...points.map(({ x }) => x)) - left;
  return { left, top, width, height: Math.max(...points.map(({ y }) => y)) - top };
};

const cornersOf = ({ width, height }: Size): Point[] => [
  { x: 0, y: 0 },
  { x: width, y: 0 },
  { x: width, y: height },
  { x: 0, y: height },
];

/** What of a convex polygon is inside a picture (Sutherland and Hodgman, 1974). */
const clipped = (polygon: readonly Point[], { width, height }: Size): Point[] => {
  const insides: ((point: Point) => number)[] = [
    ({ x }) => x,
    ({ x }) => width - x,
    ({ y }) => y,
    ({ y }) => height - y,
  ];
  return insides.reduce<Point[]>(
    (points, inside) =>
      points.flatMap((point, index) => {
        const next = points[(index + 1) % points.length] as Point;
        const [here, there] = [inside(point), inside(next)];
        const crossing = here < 0 !== there < 0 ? [between(point, next, here / (here - there))] : [];
        return here < 0 ? crossing : [point, ...crossing];
      }),
    [...polygon],
  );
};

const between = (from: Point, to: Point, part: number): Point => ({
  x: from.x + (to.x - from.x) * part,
  y: from.y + (to.y - from.y) * part,
});

/** The shoelace formula. */
const areaOf = (polygon: readonly Point[]): number =>
  Math.abs(
    polygon.reduce((sum, { x, y }, index) => {
      const next = polygon[(index + 1) % polygon.length] as Point;
      return sum + x * next.y - next.x * y;
    }, 0),
  ) / 2;
