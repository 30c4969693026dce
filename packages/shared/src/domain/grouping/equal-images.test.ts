import { describe, expect, it } from "vitest";
import { equalImages } from "./class-edges.ts";
import { decodeEdges } from "./edges.ts";

/** Images by their hash's number; -1 = in no class. Each hash is a class; flat ones have no hash. */
const classesOf = (hashes: readonly number[], flat: readonly number[] = []) => ({
  ofOrdinal: Int32Array.from(hashes),
  hashOf: Int32Array.from({ length: 10 }, (_, number) => (flat.includes(number) ? -1 : number)),
  hashes: new Uint8Array(80),
  hashBytes: 8,
});
const pairs = (bytes: Uint8Array) => {
  const { a, b, distance } = decodeEdges(bytes);
  return [...a].map((first, at) => [first, b[at], distance[at]]);
};

describe("equal images", () => {
  it("are connected with the first one of their hash; flat and failed images with none", () => {
    expect(pairs(equalImages(classesOf([3, 4, 3, -1, 4, 3, 7, 7], [7]), null, 0))).toEqual([
      [0, 2, 0],
      [0, 5, 0],
      [1, 4, 0],
    ]);
  });

  it("are the earlier ones and the new ones", () => {
    const before = equalImages(classesOf([3, 3, 4, 4]), null, 0);
    // The second pair is in no class this time, because no change affects it.
    expect(pairs(equalImages(classesOf([3, 3, -1, -1, 3, 5, 5]), before, 4))).toEqual([
      [0, 1, 0],
      [0, 4, 0],
      [2, 3, 0],
      [5, 6, 0],
    ]);
  });
});
