import { byteAt } from "@lookalike/shared/domain/primitives/columns";
import { describe, expect, it } from "vitest";
import { turnPixels } from "../evidence/turned-pixels.fixtures.ts";
import { TURNS, type Turn } from "../evidence/turns.ts";
import {
  composed,
  inverted,
  isMirrored,
  mapped,
  rotationOf,
  scaleOf,
  stretchOf,
  type Transform,
  turnTransform,
} from "./transform.ts";

const rotated = (degrees: number, scale: number): Transform => {
  const cosine = scale * Math.cos((degrees * Math.PI) / 180);
  const sine = scale * Math.sin((degrees * Math.PI) / 180);
  return { xx: cosine, xy: -sine, yx: sine, yy: cosine, dx: 12, dy: -7 };
};

describe("the map of a picture to", () => {
  it.each(Object.entries<Turn>(TURNS))("the picture %s is where its pixels are", (_, turn) => {
    const from = { width: 5, height: 3 };
    const pixels = Uint8Array.from({ length: 15 }, (_, index) => index);
    const turned = turnPixels(pixels, from.width, from.height, turn);
    const to = turn.transposed ? { width: 3, height: 5 } : from;
    for (let y = 0; y < from.height; y += 1)
      for (let x = 0; x < from.width; x += 1) {
        const there = mapped(turnTransform(from, to, turn), { x: x + 0.5, y: y + 0.5 });
        expect(byteAt(turned, Math.floor(there.y) * to.width + Math.floor(there.x))).toBe(y * from.width + x);
      }
  });

  it("one that is stretched stretches", () => {
    const map = turnTransform({ width: 100, height: 50 }, { width: 200, height: 50 }, TURNS.none);
    expect([mapped(map, { x: 50, y: 50 }), stretchOf(map), scaleOf(map)]).toEqual([{ x: 100, y: 50 }, 2, Math.SQRT2]);
  });
});

it.each([
  ["a rotation", rotated(30, 1)],
  ["a rotation to the left", rotated(-100, 0.4)],
  ["any affine map", { xx: 2, xy: 0.3, yx: -0.1, yy: 1, dx: 4, dy: 5 }],
])("%s has a way back", (_, map) => {
  const there = mapped(composed(map, inverted(map)), { x: 31, y: 7 });
  expect(there.x).toBeCloseTo(31, 9);
  expect(there.y).toBeCloseTo(7, 9);
});

it("says by how much it rotates, scales and whether it mirrors", () => {
  const mirror = { xx: -1, xy: 0, yx: 0, yy: 1, dx: 0, dy: 0 };
  for (const degrees of [0, 12, -91, 179]) {
    expect(rotationOf(rotated(degrees, 3))).toBeCloseTo(degrees, 9);
    expect(rotationOf(composed(mirror, rotated(degrees, 3)))).toBeCloseTo(degrees, 9);
    expect(scaleOf(rotated(degrees, 3))).toBeCloseTo(3, 9);
  }
  expect([isMirrored(mirror), isMirrored(rotated(5, 1))]).toEqual([true, false]);
});

it("a map to a line has no inverse", () => {
  expect(() => inverted({ xx: 1, xy: 2, yx: 2, yy: 4, dx: 0, dy: 0 })).toThrow("no inverse");
});
