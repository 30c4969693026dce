import type { Edges } from "@lookalike/shared/domain/grouping/edges";
import { randomWords } from "@lookalike/shared/domain/primitives/random";
import { describe, expect, it } from "vitest";
import { MOST_NEAREST, NearestPairs } from "./nearest-pairs.ts";

const edgesOf = (pairs: readonly (readonly [number, number, number])[]): Edges => ({
  a: Uint32Array.from(pairs, ([a]) => a),
  b: Uint32Array.from(pairs, ([, b]) => b),
  distance: Uint8Array.from(pairs, ([, , distance]) => distance),
});
const keysOf = ({ a, b }: Edges): string[] => Array.from(a, (first, pair) => `${first} ${b[pair]}`).toSorted();
const PICTURES = 300;
const RADIUS = 24;
const found = (pairs: readonly (readonly [number, number, number])[], chunk = pairs.length): string[] => {
  const nearest = new NearestPairs({ from: 10, count: 100 }, { from: 500, count: 200 }, RADIUS);
  for (let from = 0; from < pairs.length; from += chunk) nearest.add(edgesOf(pairs.slice(from, from + chunk)));
  return keysOf(nearest.pairs());
};

describe("the nearest pairs of pictures", () => {
  const number = randomWords(5);
  const all: [number, number, number][] = [];
  for (let a = 10; a < 110; a += 1)
    for (let b = 500; b < 700; b += 1) if (number() % 3 > 0) all.push([a, b, number() % (RADIUS + 1)]);
  // Each has an own radius: the largest one within which it has at most 16 pairs.
  const radiusOf = (picture: number): number => {
    const distances = all.filter(([a, b]) => a === picture || b === picture).map(([, , distance]) => distance);
    let radius = RADIUS;
    while (distances.filter((distance) => distance <= radius).length > MOST_NEAREST.other) radius -= 1;
    return radius;
  };
  const radii = new Map(all.flatMap(([a, b]) => [[a, 0] as [number, number], [b, 0] as [number, number]]));
  for (const picture of radii.keys()) radii.set(picture, radiusOf(picture));
  const expected = all
    .filter(([a, b, distance]) => distance <= Math.max(radii.get(a) ?? 0, radii.get(b) ?? 0))
    .map(([a, b]) => `${a} ${b}`)
    .toSorted();

  it("are those within the radius of one of both, whatever their order", () => {
    expect(expected.length).toBeLessThan(all.length);
    expect(found(all)).toEqual(expected);
    expect(found(all.toReversed(), 17)).toEqual(expected);
    expect(found(all.toSorted(([, , x], [, , y]) => y - x))).toEqual(expected);
  });

  it("are all pairs where they are few, and none of a picture with itself", () => {
    expect(found([[10, 500, 3]])).toEqual(["10 500"]);
    const nearest = new NearestPairs({ from: 0, count: PICTURES }, { from: 0, count: PICTURES }, RADIUS);
    nearest.add(
      edgesOf([
        [1, 2, 0],
        [3, 3, 0],
        [2, 299, 24],
      ]),
    );
    expect(keysOf(nearest.pairs())).toEqual(["1 2", "2 299"]);
  });

  it("are more within one tile, as the pictures of a folder are", () => {
    const one = { from: 0, count: PICTURES };
    const nearest = new NearestPairs(one, one, RADIUS);
    const family = Array.from({ length: 60 }, (_, b) => Array.from({ length: b }, (_, a) => [a, b, 9] as const)).flat();
    nearest.add(edgesOf(family));
    expect(nearest.pairs().a.length).toBe(family.length);
  });
});
