import type { ComparedPicture } from "./sample-grid.ts";
import { mapped, type Point, type Size, scaleOf, type Transform } from "./transform.ts";

/** Points along each side, and how far from it they are, in parts of the small picture's short side. */
const POINTS = 48;
const BESIDE = 0.012;
const LEAST_PIXELS = 1.5;
/** What continues across a side has this correlation from one to the other. */
const CONTINUES = 0.75;
/** Or differs by so few levels, as on both sides of a margin that was cut off. */
const SAME_LEVELS = 4;

/**
 * Whether the picture around a part of it goes on where the part ends: then the part is a crop of it. Around a picture with a border, a caption or the
 * frame of a screen it does not. Sides on the edge of the whole have nothing around them.
 * @param toWhole a map of the part's pixels to the whole's
 */
export const continuesAround = (whole: ComparedPicture, part: Size, toWhole: Transform): boolean => {
  const beside = Math.max(LEAST_PIXELS / scaleOf(toWhole), BESIDE * Math.min(part.width, part.height));
  const inner: number[] = [];
  const outer: number[] = [];
  for (const [at, out] of sidesOf(part))
    for (let index = 0; index < POINTS; index += 1) {
      const point = at((index + 0.5) / POINTS);
      const outside = mapped(toWhole, { x: point.x + out.x * beside, y: point.y + out.y * beside });
      const inside = mapped(toWhole, { x: point.x - out.x * beside, y: point.y - out.y * beside });
      if (!isInside(whole, outside) || !isInside(whole, inside)) continue;
      const box = beside * scaleOf(toWhole);
      inner.push(whole.luma.mean(inside.x, inside.y, box));
      outer.push(whole.luma.mean(outside.x, outside.y, box));
    }
  if (inner.length === 0) return false;
  const apart = inner.reduce((sum, level, index) => sum + Math.abs(level - (outer[index] as number)), 0) / inner.length;
  return apart <= SAME_LEVELS || correlationOf(inner, outer) >= CONTINUES;
};

/** Each side of a picture: the points along it, and the direction out of it. */
const sidesOf = ({ width, height }: Size): readonly (readonly [(part: number) => Point, Point])[] => [
  [(part) => ({ x: part * width, y: 0 }), { x: 0, y: -1 }],
  [(part) => ({ x: part * width, y: height }), { x: 0, y: 1 }],
  [(part) => ({ x: 0, y: part * height }), { x: -1, y: 0 }],
  [(part) => ({ x: width, y: part * height }), { x: 1, y: 0 }],
];

const isInside = ({ width, height }: Size, { x, y }: Point): boolean => x > 0 && y > 0 && x < width && y < height;

const correlationOf = (a: readonly number[], b: readonly number[]): number => {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let products = 0;
  let squaresA = 0;
  let squaresB = 0;
  for (const [index, value] of a.entries()) {
    const apartA = value - meanA;
    const apartB = (b[index] as number) - meanB;
    products += apartA * apartB;
    squaresA += apartA ** 2;
    squaresB += apartB ** 2;
  }
  return squaresA === 0 || squaresB === 0 ? 0 : products / Math.sqrt(squaresA * squaresB);
};
