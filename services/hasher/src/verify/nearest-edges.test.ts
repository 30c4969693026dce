import { EdgeList, encodeEdges } from "@lookalike/shared/domain/grouping/edges";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LOOKED_EDGES, nearestEdges } from "./nearest-edges.ts";

type Edge = readonly [a: number, b: number, bits: number];

/** The edges as results of tasks of so many each. */
const looked = async (edges: readonly Edge[], tasks = 3, firstNew = 0, most = LOOKED_EDGES): Promise<Edge[]> => {
  async function* read() {
    for (let task = 0; task < tasks; task += 1) {
      const list = new EdgeList();
      edges.forEach(([a, b, bits], index) => {
        if (index % tasks === task) list.add(a, b, bits);
      });
      yield { edges: encodeEdges(list.edges) };
    }
  }
  const isLooked = await nearestEdges(read, firstNew, most);
  return edges.filter(([a, b, bits]) => isLooked(a, b, bits));
};
const flood = (count: number, bitsOf: (a: number, b: number) => number): Edge[] =>
  Array.from({ length: count }, (_, b) => Array.from({ length: b }, (_, a): Edge => [a, b, bitsOf(a, b)])).flat();

describe("the edges that are looked at", () => {
  it("are all where no picture has many", async () => {
    const edges = flood(LOOKED_EDGES + 1, () => 7);
    expect(await looked(edges)).toEqual(edges);
  });

  it("grow with the number of pictures that look alike, and not with its square", async () => {
    for (const bitsOf of [() => 5, (a: number, b: number) => ((a * 7 + b * 13) % 30) + 1]) {
      const all = flood(800, bitsOf);
      const found = await looked(all);
      expect(all.length).toBe(319_600);
      expect(found.length).toBeLessThanOrEqual(800 * LOOKED_EDGES);
      expect(found.length).toBeGreaterThan(400 * LOOKED_EDGES);
    }
  });

  it("are of a copy in a flood of look-alikes, which is nearer", async () => {
    const edges = flood(500, (a, b) => (a === 300 && b === 420 ? 1 : 6));
    expect(await looked(edges)).toContainEqual([300, 420, 1]);
  });

  it("have a picture with which all were compared, where many are equally near", async () => {
    const partners = new Map<number, number>();
    for (const [a] of await looked(flood(300, () => 4))) partners.set(a, (partners.get(a) ?? 0) + 1);
    expect(partners.get(0)).toBe(299);
  });

  it("are chosen by new pictures alone", async () => {
    // Each of 200 older ones has one edge to each of two new ones.
    const edges = Array.from({ length: 200 }, (_, a): Edge[] => [
      [a, 200, 3],
      [a, 201, 3],
    ]).flat();
    expect((await looked(edges, 3, 200)).length).toBe(2 * LOOKED_EDGES);
  });

  it("are the same in whatever order the edges are read", async () => {
    const pictures = 14;
    const all = flood(pictures, () => 0);
    const anyEdges = fc
      .tuple(...all.map(([a, b]) => fc.tuple(fc.constant(a), fc.constant(b), fc.nat(4))))
      .chain((edges) =>
        fc.record({ edges: fc.constant(edges), other: fc.shuffledSubarray(edges, { minLength: edges.length }) }),
      );
    await fc.assert(
      fc.asyncProperty(anyEdges, fc.integer({ min: 1, max: 4 }), async ({ edges, other }, tasks) => {
        const sorted = (list: readonly Edge[]) => list.map(String).sort();
        expect(sorted(await looked(other, tasks, 0, 3))).toEqual(sorted(await looked(edges, 1, 0, 3)));
      }),
      { numRuns: 50 },
    );
  });
});
