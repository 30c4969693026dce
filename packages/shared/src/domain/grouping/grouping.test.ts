import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Grouping } from "../job/options.ts";
import { groupNodes } from "./grouping.ts";
import { distanceBetween, similarityGraph } from "./similarity.ts";

type Edge = readonly [a: number, b: number, distance?: number];
const graphOf = (count: number, edges: readonly Edge[]) =>
  similarityGraph(count, {
    a: Uint32Array.from(edges, ([a]) => a),
    b: Uint32Array.from(edges, ([, b]) => b),
    distance: Uint8Array.from(edges, ([, , distance]) => distance ?? 1),
  });

const graphs = fc.integer({ min: 1, max: 25 }).chain((count) =>
  fc.record({
    count: fc.constant(count),
    edges: fc
      .uniqueArray(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), {
        selector: ([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`,
      })
      .map((pairs) =>
        pairs.filter(([a, b]) => a !== b).map(([a, b]): Edge => [Math.min(a, b), Math.max(a, b), (a * 7 + b) % 20]),
      ),
  }),
);

/** All partitions of 0..count-1. */
const partitions = (count: number): number[][][] => {
  if (count === 0) return [[]];
  return partitions(count - 1).flatMap((partition) => [
    [...partition, [count - 1]],
    ...partition.map((_, at) => partition.map((group, other) => (other === at ? [...group, count - 1] : group))),
  ]);
};

/** Groups first, then distances; infinite where a group is no clique. */
const costOf = (graph: ReturnType<typeof graphOf>, groups: readonly number[][]): number => {
  let cost = groups.length * 1e6;
  for (const group of groups)
    for (const a of group)
      for (const b of group) if (a < b) cost += distanceBetween(graph, a, b) ?? Number.POSITIVE_INFINITY;
  return cost;
};

describe("cliques", () => {
  it("never chain dissimilar images: A like B, B like C, A unlike C is not a group of three", () => {
    expect(
      groupNodes(
        graphOf(3, [
          [0, 1, 2],
          [1, 2, 1],
        ]),
        "clique",
      ),
    ).toEqual([[1, 2]]);
  });

  it("have only members that are all similar to each other, each in one group", () => {
    fc.assert(
      fc.property(graphs, ({ count, edges }) => {
        const graph = graphOf(count, edges);
        const groups = groupNodes(graph, "clique");
        expect(new Set(groups.flat()).size).toBe(groups.flat().length);
        for (const group of groups) {
          for (const a of group)
            for (const b of group) if (a !== b) expect(distanceBetween(graph, a, b)).not.toBeNull();
        }
      }),
    );
  });

  it("are as few as possible in a small component, and then as close as possible", () => {
    fc.assert(
      fc.property(graphs, ({ count, edges }) => {
        const small = Math.min(count, 6);
        const graph = graphOf(
          small,
          edges.filter(([a, b]) => a < small && b < small),
        );
        const groups = groupNodes(graph, "clique");
        const singles = [...Array(small).keys()].filter((node) => !groups.flat().includes(node)).map((node) => [node]);
        expect(costOf(graph, [...groups, ...singles])).toBe(
          Math.min(...partitions(small).map((partition) => costOf(graph, partition))),
        );
      }),
    );
  });

  it.each<[string, number, (a: number, b: number) => boolean, number]>([
    ["600 mutually similar images", 600, () => true, 1],
    ["a chain of 100,000", 100_000, (a, b) => b === a + 1, 50_000],
  ])("of %s are found quickly", (_, count, similar, groups) => {
    const edges: Edge[] = [];
    for (let a = 0; a < count; a += 1)
      for (let b = a + 1; b < Math.min(count, count === 600 ? count : a + 2); b += 1)
        if (similar(a, b)) edges.push([a, b, 3]);
    expect(groupNodes(graphOf(count, edges), "clique").length).toBe(groups);
  });

  it("contain at least one image of each similar pair", () => {
    fc.assert(
      fc.property(graphs, ({ count, edges }) => {
        const grouped = new Set(groupNodes(graphOf(count, edges), "clique").flat());
        for (const [a, b] of edges) expect(grouped.has(a) || grouped.has(b)).toBe(true);
      }),
    );
  });
});

describe("the other groupings", () => {
  const chain: Edge[] = [
    [0, 1],
    [1, 2],
    [2, 3],
  ];

  it("stars have a centre that all other members are similar to", () => {
    fc.assert(
      fc.property(graphs, ({ count, edges }) => {
        const graph = graphOf(count, edges);
        for (const group of groupNodes(graph, "star")) {
          const hasCentre = group.some((centre) =>
            group.every((member) => member === centre || distanceBetween(graph, centre, member) !== null),
          );
          expect(hasCentre).toBe(true);
        }
      }),
    );
  });

  it("pairs are the edges", () => {
    expect(groupNodes(graphOf(4, chain), "pairs")).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
  });

  it("transitive groups are the connected components", () => {
    expect(groupNodes(graphOf(6, [...chain, [4, 5]]), "transitive")).toEqual([
      [0, 1, 2, 3],
      [4, 5],
    ]);
  });

  it("do not depend on the order of the edges, nor on edges that occur twice", () => {
    fc.assert(
      fc.property(graphs, fc.constantFrom(...Grouping.exclude(["masters"]).options), ({ count, edges }, grouping) => {
        const groups = groupNodes(graphOf(count, edges), grouping);
        expect(groupNodes(graphOf(count, [...edges].reverse()), grouping)).toEqual(groups);
        expect(groupNodes(graphOf(count, [...edges, ...edges]), grouping)).toEqual(groups);
      }),
    );
  });
});
