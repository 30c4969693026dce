import { hammingDistance } from "@lookalike/shared/domain/hamming";
import { STATE } from "@lookalike/shared/domain/hash-block";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blockHashes } from "./block-hashes.ts";
import { exhaustive } from "./exhaustive.ts";

type Row = { hash: Uint8Array; state: number };
const blockOf = (rows: readonly Row[]) => ({
  states: Uint8Array.from(rows, ({ state }) => state),
  hashes: new Uint8Array(Buffer.concat(rows.map(({ hash }) => hash))),
});

/** Clustered hashes: few originals, few bits changed, so that there are edges to find. */
const rowsOf = (bits: number) =>
  fc
    .array(
      fc.record({
        original: fc.nat(3),
        flips: fc.array(fc.nat(bits - 1), { maxLength: 20 }),
        state: fc.constantFrom(STATE.hashed, STATE.hashed, STATE.hashed, STATE.flat, STATE.failed, STATE.absent),
      }),
      { maxLength: 14 },
    )
    .map((rows) =>
      rows.map(({ original, flips, state }): Row => {
        const hash = new Uint8Array(bits / 8).fill(original * 0x35);
        for (const bit of flips) hash[bit >> 3] = (hash[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        return { hash, state };
      }),
    );

const slowEdges = (blocks: readonly Row[][], size: number, radius: number): string[] => {
  const seen = blocks.map(() => new Set<string>());
  const rows = blocks.flatMap((block, number) =>
    block.flatMap(({ hash, state }, position) => {
      const key = hash.join();
      if (state !== STATE.hashed || seen[number]?.has(key)) return [];
      seen[number]?.add(key);
      return [{ ordinal: number * size + position, hash }];
    }),
  );
  return rows
    .flatMap((a, at) => rows.slice(at + 1).map((b) => [a.ordinal, b.ordinal, hammingDistance(a.hash, b.hash)] as const))
    .filter(([, , distance]) => distance <= radius)
    .map((edge) => edge.join(" "))
    .sort();
};

describe.each([64, 96, 128, 192, 256])("the exhaustive kernel, %i bits", (bits) => {
  it("finds exactly the pairs within the radius, one row a distinct hash", () => {
    fc.assert(
      fc.property(rowsOf(bits), rowsOf(bits), fc.nat(40), (first, second, radius) => {
        const size = 20;
        const blocks = new Map(
          [first, second].map((rows, number) => [number, blockHashes(blockOf(rows), number * size)]),
        );
        const pairs = [
          { i: 0, j: 0 },
          { i: 0, j: 1 },
          { i: 1, j: 1 },
        ];
        const { edges } = exhaustive.join(blocks, pairs, radius);
        const found = [...edges.a].map((a, at) => [a, edges.b[at], edges.distance[at]].join(" ")).sort();
        expect(found).toEqual(slowEdges([first, second], size, radius));
      }),
    );
  });
});

describe("a block as the kernel sees it", () => {
  it("costs one row for a thousand equal images", () => {
    const rows = Array.from(
      { length: 1_000 },
      (): Row => ({ hash: new Uint8Array(32).fill(0x5a), state: STATE.hashed }),
    );
    expect([...blockHashes(blockOf(rows), 5_000).ordinals]).toEqual([5_000]);
  });

  it("may be empty", () => {
    const empty = blockHashes({ states: new Uint8Array(0), hashes: new Uint8Array(0) }, 0);
    const { edges, comparisons } = exhaustive.join(new Map([[0, empty]]), [{ i: 0, j: 0 }], 5);
    expect([edges.a.length, comparisons]).toEqual([0, 0]);
  });

  it("must be given: a pair without its block is an error", () => {
    expect(() => exhaustive.join(new Map(), [{ i: 0, j: 1 }], 5)).toThrow("block pair (0, 1)");
  });
});
