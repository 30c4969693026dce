import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeEdges, type Edges, encodeEdges } from "./edges.ts";

type Edge = { a: number; b: number; distance: number };
const columns = (list: readonly Edge[]): Edges => ({
  a: Uint32Array.from(list, ({ a }) => a),
  b: Uint32Array.from(list, ({ b }) => b),
  distance: Uint8Array.from(list, ({ distance }) => distance),
});
const edges = fc.uniqueArray(
  fc
    .record({ a: fc.nat(2 ** 32 - 2), gap: fc.integer({ min: 1, max: 2 ** 31 }), distance: fc.nat(64) })
    .map(({ a, gap, distance }) => ({ a, b: Math.min(2 ** 32 - 1, a + gap), distance })),
  { selector: ({ a, b }) => `${a}-${b}` },
);

describe("encoded edges", () => {
  it("are decoded in ascending order", () => {
    fc.assert(
      fc.property(edges, (list) => {
        const sorted = [...list].sort((x, y) => x.a - y.a || x.b - y.b);
        expect(decodeEdges(encodeEdges(columns(list)))).toEqual(columns(sorted));
      }),
    );
  });

  it("are the same bytes for the same edges in any order", () => {
    fc.assert(
      fc.property(edges, (list) => {
        expect(encodeEdges(columns([...list].reverse()))).toEqual(encodeEdges(columns(list)));
      }),
    );
  });

  it("that were cut off are rejected", () => {
    const bytes = encodeEdges(columns([{ a: 1_000, b: 2_000_000, distance: 3 }]));
    expect(() => decodeEdges(bytes.subarray(0, -1))).toThrow("inside an edge");
  });
});
