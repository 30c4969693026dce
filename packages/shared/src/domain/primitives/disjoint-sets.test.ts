import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DisjointSets } from "./disjoint-sets.ts";

describe("disjoint sets", () => {
  it("have the least number of each as its root, in any order of joining", () => {
    const pairs = fc.array(fc.tuple(fc.nat(19), fc.nat(19)), { maxLength: 30 });
    const both = pairs.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    fc.assert(
      fc.property(both, ([list, shuffled]) => {
        const roots = [list, shuffled].map((joins) => {
          const sets = new DisjointSets(20);
          for (const [x, y] of joins) sets.join(x, y);
          return Array.from({ length: 20 }, (_, number) => sets.rootOf(number));
        });
        expect(roots[1]).toEqual(roots[0]);
        for (const [x, y] of list) expect(roots[0]?.[x]).toBe(roots[0]?.[y]);
        for (const [number, root] of (roots[0] ?? []).entries()) expect(root).toBeLessThanOrEqual(number);
      }),
    );
  });
});
