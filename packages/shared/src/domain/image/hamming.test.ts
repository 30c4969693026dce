import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { size as countOnes } from "../primitives/bit-set.ts";
import { hammingDistance, isFlatHash } from "./hamming.ts";

const slowDistance = (a: Uint8Array, b: Uint8Array): number =>
  [...a].reduce((sum, byte, at) => sum + (byte ^ (b[at] ?? 0)).toString(2).replaceAll("0", "").length, 0);

describe("Hamming distance", () => {
  it("counts the differing bits", () => {
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(fc.property(hash, hash, (a, b) => hammingDistance(a, b) === slowDistance(a, b)));
  });
});

describe("a flat hash", () => {
  const withOnes = (count: number, bits: number) =>
    Uint8Array.from({ length: bits / 8 }, (_, byte) => {
      const left = Math.min(8, Math.max(0, count - byte * 8));
      return (1 << left) - 1;
    });

  it.each([
    [256, 0, true],
    [256, 8, true],
    [256, 9, false],
    [256, 128, false],
    [256, 247, false],
    [256, 248, true],
    [256, 256, true],
    [64, 2, true],
    [64, 3, false],
    [64, 62, true],
  ])("of %i bits with %i ones: %s", (bits, ones, flat) => {
    const hash = withOnes(ones, bits);
    expect(countOnes(hash)).toBe(ones);
    expect(isFlatHash(hash)).toBe(flat);
  });
});
