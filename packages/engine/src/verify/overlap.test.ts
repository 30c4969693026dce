import { expect, it } from "vitest";
import { overlapOf } from "./overlap.ts";
import type { Transform } from "./transform.ts";

const A = { width: 100, height: 80 };
const shift = (dx: number, dy: number, scale = 1): Transform => ({ xx: scale, xy: 0, yx: 0, yy: scale, dx, dy });

it.each<[string, Transform, number, number]>([
  ["the same frame", shift(0, 0), 1, 1],
  ["half of it", shift(-50, 0), 0.5, 0.5],
  ["a corner", shift(-50, -40), 0.25, 0.25],
  ["the whole of a in a part of b", shift(10, 10, 0.5), 1, 0.25],
  ["a part of a in the whole of b", shift(-100, -80, 2), 0.25, 1],
])("is %s", (_, transform, ofA, ofB) => {
  const overlap = overlapOf(A, A, transform);
  expect(overlap?.ofA).toBeCloseTo(ofA, 9);
  expect(overlap?.ofB).toBeCloseTo(ofB, 9);
});

it("of a square turned by 45° in itself is an octagon", () => {
  const square = { width: 2, height: 2 };
  const c = Math.SQRT1_2;
  const turned = { xx: c, xy: -c, yx: c, yy: c, dx: 1, dy: 1 - 2 * c };
  expect(overlapOf(square, square, turned)?.corners).toHaveLength(8);
  expect(overlapOf(square, square, turned)?.ofA).toBeCloseTo(2 * (Math.SQRT2 - 1), 9);
});

it("is nothing beside each other, and for a map to a line", () => {
  expect(overlapOf(A, A, shift(100.5, 0))).toBeNull();
  expect(overlapOf(A, A, { xx: 1, xy: 1, yx: 1, yy: 1, dx: 0, dy: 0 })).toBeNull();
});
