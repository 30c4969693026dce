import { describe, expect, it } from "vitest";
import { affectedImages } from "./affected-images.ts";
import { encodeEdges } from "./edges.ts";

type Edge = readonly [a: number, b: number, distance: number];

async function* results(...all: readonly Edge[][]) {
  for (const edges of all)
    yield {
      edges: encodeEdges({
        a: Uint32Array.from(edges, ([a]) => a),
        b: Uint32Array.from(edges, ([, b]) => b),
        distance: Uint8Array.from(edges, ([, , distance]) => distance),
      }),
    };
}
const affected = async (edges: readonly Edge[][], changed: readonly number[]): Promise<number[]> => [
  ...(await affectedImages(10, results(...edges), (_a, _b, distance) => distance <= 6, changed)),
];

describe("affected images", () => {
  it("are all images that a changed one is connected with, across results and in both directions", async () => {
    const edges: Edge[][] = [
      [
        [0, 5, 6],
        [2, 3, 0],
      ],
      [[5, 9, 1]],
    ];
    expect(await affected(edges, [9])).toEqual([0, 5, 9]);
    expect(await affected(edges, [0])).toEqual([0, 5, 9]);
    expect(await affected(edges, [3, 7])).toEqual([2, 3, 7]);
  });

  it("are not connected by an edge over the threshold", async () => {
    expect(await affected([[[1, 2, 7]]], [1])).toEqual([1]);
  });

  it("are none where nothing changed", async () => {
    expect(await affected([[[1, 2, 0]]], [])).toEqual([]);
  });
});
