import { describe, expect, it } from "vitest";
import { decodeEdges } from "./edges.ts";
import { equalImages } from "./equal-images.ts";

/** Images by their hash's number; -1 = in no class. Each hash is a class, but for a flat one. */
const classesOf = (hashes: readonly number[], flat: readonly number[] = []) => ({
  ofOrdinal: Int32Array.from(hashes),
  hashOf: Int32Array.from({ length: 10 }, (_, number) => (flat.includes(number) ? -1 : number)),
  hashes: new Uint8Array(80),
  hashBytes: 8,
});
const pairs = (bytes: Uint8Array): number[][] => {
  const { a, b, distance } = decodeEdges(bytes);
  return [...a].map((first, at) => [first, b[at] ?? 0, distance[at] ?? 0]);
};

describe("equal images", () => {
  it("are tied to the first of their hash; flat and failed ones to none", () => {
    expect(pairs(equalImages(classesOf([3, 4, 3, -1, 4, 3, 7, 7], [7]), null, 0))).toEqual([
      [0, 2, 0],
      [0, 5, 0],
      [1, 4, 0],
    ]);
  });

  it("are those known before and those that came", () => {
    const before = equalImages(classesOf([3, 3, 4, 4]), null, 0);
    // The second pair is in no class this time: nothing touched it.
    expect(pairs(equalImages(classesOf([3, 3, -1, -1, 3, 5, 5]), before, 4))).toEqual([
      [0, 1, 0],
      [0, 4, 0],
      [2, 3, 0],
      [5, 6, 0],
    ]);
  });
});
