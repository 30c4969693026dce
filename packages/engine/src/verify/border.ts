import type { ComparedPicture } from "./sample-grid.ts";
import { mapped, type Point, type Size, scaleOf, type Transform } from "./transform.ts";

/** Points along each side, and how far from it they are, in parts of the small picture's short side. */
const POINTS = 48;
const BESIDE = 0.012;
const LEAST_PIXELS = 1.5;
/** Both sides of a side have one level where they differ by so few: a margin, which says nothing. */
const SAME_LEVELS = 4;
/** A side is an edge where the levels across it differ so many times as much as those beside it. */
const EDGE = 2;
const LEAST_STEP = 2;
/** Something is around a part where levels differ by so many from those of the margin, at so many of the points. */
const MARKS = 24;
const MARKED = 0.02;
/** Rows of points outside a side. */
const ROWS = 24;

type Side = "flat" | "edge" | "continues";

/**
 * Whether the picture around a part of it goes on where the part ends: then the part is a crop of it. Around a picture with a border, a caption or the
 * frame of a screen it does not. Sides on the edge of the whole have nothing around them. Where all sides end in a margin, as those of a drawing on white do, a
 * strip above or below with something on it is a caption or a screen, and all else is a crop.
 * @param toWhole a map of the part's pixels to the whole's
 */
export const continuesAround = (whole: ComparedPicture, part: Size, toWhole: Transform): boolean => {
  const beside = Math.max(LEAST_PIXELS / scaleOf(toWhole), BESIDE * Math.min(part.width, part.height));
  const sides = sidesOf(part).flatMap((side) => {
    const kind = kindOfSide(whole, side, toWhole, beside);
    return kind === null ? [] : [{ side, kind }];
  });
  const count = (kind: Side): number => sides.filter((one) => one.kind === kind).length;
  if (count("edge") + count("continues") > 0) return count("continues") >= count("edge");
  const isAboveOrBelow = sides.every(({ side }) => side.out.x === 0);
  return !isAboveOrBelow || !sides.some(({ side }) => hasMarks(whole, part, side, toWhole));
};

interface SideOf {
  readonly at: (part: number) => Point;
  /** The direction out of the picture. */
  readonly out: Point;
}

/** @returns null where nothing is outside the side */
const kindOfSide = (whole: ComparedPicture, side: SideOf, toWhole: Transform, beside: number): Side | null => {
  const box = beside * scaleOf(toWhole);
  const steps = { across: 0, inside: 0, outside: 0 };
  let count = 0;
  for (let index = 0; index < POINTS; index += 1) {
    const levels = [-3, -1, 1, 3].map((far) => {
      const point = mapped(toWhole, beyond(side, (index + 0.5) / POINTS, far * beside));
      return isInside(whole, point) ? whole.luma.mean(point.x, point.y, box) : null;
    });
    const [farInside, inside, outside, farOutside] = levels;
    if (typeof inside !== "number" || typeof outside !== "number") continue;
    count += 1;
    steps.across += Math.abs(inside - outside);
    steps.inside += typeof farInside === "number" ? Math.abs(farInside - inside) : 0;
    steps.outside += typeof farOutside === "number" ? Math.abs(farOutside - outside) : 0;
  }
  if (count === 0) return null;
  if (steps.across <= SAME_LEVELS * count) return "flat";
  return steps.across > EDGE * Math.max(LEAST_STEP * count, steps.inside, steps.outside) ? "edge" : "continues";
};

/** Whether what is outside a side has something on it that the margin has not. */
const hasMarks = (whole: ComparedPicture, part: Size, side: SideOf, toWhole: Transform): boolean => {
  const depth = Math.max(part.width, part.height) / ROWS / 4;
  let marked = 0;
  let count = 0;
  for (let index = 0; index < POINTS; index += 1) {
    const levels: number[] = [];
    for (let row = 1; row <= ROWS; row += 1) {
      const point = mapped(toWhole, beyond(side, (index + 0.5) / POINTS, row * depth));
      if (isInside(whole, point)) levels.push(whole.luma.mean(point.x, point.y, 2));
    }
    const margin = levels[0];
    if (margin === undefined) continue;
    count += levels.length;
    marked += levels.filter((level) => Math.abs(level - margin) > MARKS).length;
  }
  return marked > MARKED * count;
};

const beyond = ({ at, out }: SideOf, along: number, far: number): Point => {
  const point = at(along);
  return { x: point.x + out.x * far, y: point.y + out.y * far };
};

const sidesOf = ({ width, height }: Size): readonly SideOf[] => [
  { at: (part) => ({ x: part * width, y: 0 }), out: { x: 0, y: -1 } },
  { at: (part) => ({ x: part * width, y: height }), out: { x: 0, y: 1 } },
  { at: (part) => ({ x: 0, y: part * height }), out: { x: -1, y: 0 } },
  { at: (part) => ({ x: width, y: part * height }), out: { x: 1, y: 0 } },
];

const isInside = ({ width, height }: Size, { x, y }: Point): boolean => x > 0 && y > 0 && x < width && y < height;
