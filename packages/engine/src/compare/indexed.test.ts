import { describe, expect, it } from "vitest";
import {
  collect,
  edgesBy,
  INDEXED,
  joinBands,
  manyHashes,
  pairsAmong,
  rowsOf,
} from "../../../../test/support/kernels.ts";
import { plain } from "./plain.ts";

describe("hashes so alike that their bands are unselective", () => {
  it.each([1, 2])("are joined exhaustively, a share by each band: %i tiles", (count) => {
    // 40 of 256 bits vary: nearly all pairs are together in many bands, few are within the radius.
    const similar = (seed: number) =>
      manyHashes(4_200, 256, seed).map((hash) => hash.map((byte, at) => (at < 5 ? byte : 0)));
    const left = rowsOf(similar(3), 0);
    const right = count === 1 ? left : rowsOf(similar(4), 5_000);
    const pair = { left, right, same: count === 1 };
    const expected = edgesBy(plain, [pair], 8);
    expect(expected.length).toBeGreaterThan(500);
    for (const kernel of INDEXED)
      expect(collect((sink) => joinBands(kernel, [pair], 256, 8, 6, sink))).toEqual(expected);
  });
});

describe("hashes that differ in one quarter of their bytes alone", () => {
  it.each([128, 192, 256])("are distinguished by each word that a kernel reads, %i bits", (bits) => {
    const originals = manyHashes(200, bits, 5);
    const copies = originals.map((hash, at) => {
      const copy = hash.slice();
      // 1 to 39 flips: within the radius of 24 and beyond it.
      for (let flip = 0; flip <= at % 40; flip += 1) {
        const byte = (((flip * 7 + at) % (bits / 32)) * 4 + (at >> 2)) % (bits / 8);
        copy[byte] = (copy[byte] ?? 0) ^ (1 << ((flip * 3 + at) & 7));
      }
      return copy;
    });
    const pairs = pairsAmong(rowsOf(originals, 0), rowsOf(copies, 200));
    const expected = edgesBy(plain, pairs, 24);
    expect(expected.length).toBeGreaterThan(100);
    for (const kernel of INDEXED) {
      const found = collect((sink) => joinBands(kernel, pairs, bits, 24, 17, sink));
      expect([kernel.name, found]).toEqual([kernel.name, expected]);
    }
  });
});

describe("a tile", () => {
  it("collapses equal hashes of its blocks into the first image", () => {
    const one = new Uint8Array(32).fill(7);
    const near = one.map((byte, at) => (at === 0 ? byte ^ 1 : byte));
    const other = one.map((byte, at) => (at === 31 ? byte ^ 3 : byte));
    const blocks = [0, 10, 20].map((first) => rowsOf(first === 20 ? [one, near, other] : [one, near], first));
    const tile = {
      ordinals: Uint32Array.from(blocks.flatMap(({ ordinals }) => [...ordinals])),
      words: Int32Array.from(blocks.flatMap(({ words }) => [...words])),
    };
    for (const kernel of INDEXED)
      expect(collect((sink) => joinBands(kernel, [{ left: tile, right: tile }], 256, 8, 9, sink))).toEqual([
        "0 1 1",
        "0 22 2",
        "1 22 3",
      ]);
  });
});
