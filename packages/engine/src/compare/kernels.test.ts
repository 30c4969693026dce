import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  catalog,
  collect,
  EXHAUSTIVE,
  edgesBy,
  edgesByDefinition,
  INDEXED,
  joinBands,
  manyHashes,
  pairsAmong,
  rowsOf,
  SHAPES,
  type Shape,
} from "../../../../test/support/kernels.ts";
import { bandsOf } from "./bands.ts";
import { plain } from "./plain.ts";

const WIDTHS = [64, 96, 128, 192, 256];

describe.each(WIDTHS)("%i-bit hashes", (bits) => {
  const shapes = fc.constantFrom(...(Object.keys(SHAPES) as Shape[]));

  it("plain, exhaustive and native kernels find exactly the pairs within the radius", () => {
    fc.assert(
      fc.property(
        shapes.chain((shape) => fc.tuple(catalog(bits, shape, 20), catalog(bits, shape, 20))),
        fc.nat(64),
        ([first, second], radius) => {
          const pairs = pairsAmong(rowsOf(first, 0), rowsOf(second, 20));
          const expected = edgesByDefinition(pairs, radius);
          expect(edgesBy(plain, pairs, radius)).toEqual(expected);
          for (const kernel of EXHAUSTIVE)
            expect([kernel.name, edgesBy(kernel.join, pairs, radius)]).toEqual([kernel.name, expected]);
        },
      ),
    );
  });

  it("the indexed kernel's bands together give each of them once", () => {
    fc.assert(
      fc.property(
        shapes.chain((shape) => fc.tuple(catalog(bits, shape, 30), catalog(bits, shape, 30))),
        fc.integer({ min: 0, max: bits / 8 }),
        fc.nat(),
        ([first, second], radius, pick) => {
          const possible = Array.from({ length: radius + 1 }, (_, at) => at + 1).filter(
            (count) => bandsOf(bits, radius, count)?.every((band) => band.bits.length <= 16) === true,
          );
          const bands = possible[pick % possible.length];
          if (bands === undefined) return;
          const pairs = pairsAmong(rowsOf(first, 0), rowsOf(second, 30));
          const expected = edgesByDefinition(pairs, radius);
          for (const kernel of INDEXED) {
            const found = collect((sink) => joinBands(kernel, pairs, bits, radius, bands, sink));
            expect([kernel.name, found]).toEqual([kernel.name, expected]);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("beyond a slab of 4,096 rows", () => {
  it.each([64, 256])("both kernels agree with the plain one, %i bits", (bits) => {
    const left = rowsOf(manyHashes(5_000, bits, 1), 0);
    const right = rowsOf(manyHashes(4_500, bits, 2), 5_000);
    const radius = bits / 8;
    const pairs = pairsAmong(left, right);
    const expected = edgesBy(plain, pairs, radius);
    expect(expected.length).toBeGreaterThan(1_000);
    for (const { join } of EXHAUSTIVE) expect(edgesBy(join, pairs, radius)).toEqual(expected);
    const bands = bits === 64 ? 5 : 17;
    for (const kernel of INDEXED)
      expect(collect((sink) => joinBands(kernel, pairs, bits, radius, bands, sink))).toEqual(expected);
  });
});

describe("more edges than the buffer holds", () => {
  it("come in several batches, none lost", () => {
    // 1,000 hashes of at most 2 bits, all within 4 bits of each other: 499,500 edges.
    const hashes = Array.from({ length: 1_000 }, (_, at) => {
      const hash = new Uint8Array(32);
      for (const bit of [at >> 5, 32 + (at & 31)]) hash[bit >> 3] = (hash[bit >> 3] ?? 0) | (1 << (bit & 7));
      return hash;
    });
    const rows = rowsOf(hashes, 0);
    const pairs = [{ left: rows, right: rows, same: true }];
    const expected = edgesBy(plain, pairs, 4);
    for (const { join } of EXHAUSTIVE) expect(edgesBy(join, pairs, 4)).toEqual(expected);
    for (const kernel of INDEXED) {
      let edges = 0;
      joinBands(kernel, pairs, 256, 4, 5, ({ a }) => {
        edges += a.length;
      });
      expect(edges).toBe(499_500);
    }
  });
});
