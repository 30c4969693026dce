import { describe, expect, it } from "vitest";
import { OrdinalSet } from "../primitives/bit-set.ts";
import { equalPairs } from "./class-edges.ts";
import { EdgeList } from "./edges.ts";
import { classifyImages } from "./image-classes.ts";
import { classVerdicts, withoutRefused } from "./verified-edges.ts";

/** Six hashed images: 0, 1 and 4 have equal hashes. */
const classes = await classifyImages(
  (async function* () {
    yield {
      block: 0,
      states: new Uint8Array(6).fill(1),
      hashes: Uint8Array.from([7, 7, 8, 9, 7, 6].flatMap((byte) => new Array(8).fill(byte))),
      signatures: new Uint8Array(0),
      contentDigests: new Uint8Array(0),
    };
  })(),
  { blockSize: 6, extent: 6, hashBytes: 8 },
  OrdinalSet.below(6),
);
const [equal, second, third] = [0, 2, 3].map((ordinal) => classes.ofOrdinal[ordinal] ?? -1) as [number, number, number];

describe("verified pairs", () => {
  it("take an edge away where every pair of its classes that was looked at is refused", () => {
    const edges = new EdgeList();
    edges.add(equal, second, 3);
    edges.add(second, third, 5);
    edges.add(equal, third, 4);
    const left = withoutRefused(edges.edges, classes, [
      { a: 0, b: 2, kind: null },
      { a: 1, b: 2, kind: null },
      // One of two images with equal hashes shows the same.
      { a: 0, b: 3, kind: null },
      { a: 3, b: 4, kind: "toned" },
      { a: 2, b: 3, kind: "unverified" },
    ]);
    expect([[...left.a], [...left.b], [...left.distance]]).toEqual([
      [second, equal],
      [third, third],
      [5, 4],
    ]);
  });

  it("of equal hashes are each image with the first one, and say which of them do not show the same", () => {
    expect(equalPairs(classes)).toEqual([
      { a: 0, b: 1 },
      { a: 0, b: 4 },
    ]);
    const { refused, isBelieved } = classVerdicts(classes, [
      { a: 0, b: 1, kind: null },
      { a: 0, b: 4, kind: "identical" },
      { a: 0, b: 2, kind: null },
    ]);
    expect([...refused].map(([ordinal, others]) => [ordinal, [...others]])).toEqual([
      [0, [1]],
      [1, [0]],
    ]);
    expect([isBelieved(4, 0), isBelieved(0, 1), isBelieved(1, 4)]).toEqual([true, false, false]);
  });
});
