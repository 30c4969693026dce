import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { groupNodes } from "./grouping.ts";
import { Grouping } from "./options.ts";
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

describe("cliques", () => {
  it("never chain strangers: A like B, B like C, A unlike C is no group of three", () => {
    expect(
      groupNodes(
        graphOf(3, [
          [0, 1, 2],
          [1, 2, 1],
        ]),
        "clique",
      ),
    ).toEqual([[0, 1]]);
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

  it("leave no similar pair with both images alone", () => {
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

  it("stars have a centre that all others are similar to", () => {
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

  it("do not depend on the order of the edges, nor on edges told twice", () => {
    fc.assert(
      fc.property(graphs, fc.constantFrom(...Grouping.options), ({ count, edges }, grouping) => {
        const groups = groupNodes(graphOf(count, edges), grouping);
        expect(groupNodes(graphOf(count, [...edges].reverse()), grouping)).toEqual(groups);
        expect(groupNodes(graphOf(count, [...edges, ...edges]), grouping)).toEqual(groups);
      }),
    );
  });
});
