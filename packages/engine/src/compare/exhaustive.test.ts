import { describe, expect, it } from "vitest";
import { EXHAUSTIVE, edgesBy, manyHashes, rowsOf } from "../../../../test/support/kernels.ts";
import { plain } from "./plain.ts";

describe("at every length around a group of 64 columns", () => {
  it.each([1, 2, 15, 16, 17, 63, 64, 65, 127, 128, 129])("%i rows", (count) => {
    const rows = rowsOf(manyHashes(count, 256, count), 0);
    const pairs = [{ left: rows, right: rows, same: true }];
    for (const radius of [0, 1, 7, 8, 20, 32, 64]) {
      const expected = edgesBy(plain, pairs, radius);
      for (const { join } of EXHAUSTIVE) expect(edgesBy(join, pairs, radius)).toEqual(expected);
    }
  });
});

describe("hashes of which all 256 bits differ", () => {
  it("are not taken for equal ones, in any column of a group", () => {
    const ordinals = Uint32Array.from({ length: 150 }, (_, at) => at);
    const words = new Int32Array(150 * 8).map((_, at) => ((at >> 3) % 2 === 0 ? 0 : -1));
    const pairs = [{ left: { ordinals, words }, right: { ordinals, words }, same: true }];
    for (const radius of [64, 128]) {
      const expected = edgesBy(plain, pairs, radius);
      expect(expected).toHaveLength(2 * ((75 * 74) / 2));
      for (const { join } of EXHAUSTIVE) expect(edgesBy(join, pairs, radius)).toEqual(expected);
    }
  });
});
