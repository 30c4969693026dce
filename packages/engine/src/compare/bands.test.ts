import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bandsOf, collisionProbability, MAX_BAND_BITS } from "./bands.ts";
import { chooseKernel } from "./choose-kernel.ts";

const shapes = fc.tuple(fc.constantFrom(64, 96, 128, 192, 256), fc.nat(32), fc.integer({ min: 1, max: 33 }));

describe("bands", () => {
  it("share out bits so that the pigeonhole principle holds", () => {
    fc.assert(
      fc.property(shapes, ([hashBits, radius, count]) => {
        const bands = bandsOf(hashBits, radius, count);
        if (bands === null) return;
        const bits = bands.flatMap((band) => band.bits);
        expect(new Set(bits).size).toBe(bits.length);
        expect(Math.max(...bits)).toBeLessThan(hashBits);
        expect(bands.reduce((sum, { flips }) => sum + flips + 1, 0)).toBe(radius + 1);
        for (const { bits, flips } of bands) {
          expect(bits.length).toBeLessThanOrEqual(MAX_BAND_BITS);
          expect(bits.length).toBeGreaterThan(flips);
        }
      }),
    );
  });

  it("bring about as many pairs together each, with bits from all over the hash", () => {
    for (const band of bandsOf(256, 24, 13) ?? []) {
      expect(Math.abs(Math.log2(collisionProbability(band.bits.length, band.flips)) + 15.6)).toBeLessThan(1);
      expect((band.bits.at(-1) ?? 0) - (band.bits[0] ?? 0)).toBeGreaterThan(200);
    }
  });

  it("are impossible with too many flips, or with none left for one", () => {
    expect(bandsOf(256, 24, 8)).toBeNull();
    expect(bandsOf(256, 24, 26)).toBeNull();
  });
});

const choose = (images: number, more: Partial<Parameters<typeof chooseKernel>[0]> = {}) =>
  chooseKernel({
    backend: "wasm",
    choice: "auto",
    plan: { firstBlock: 0, blocks: Math.ceil(images / 4_096), pairsPerTask: 50, index: null },
    blockSize: 4_096,
    hashBits: 256,
    radiusBits: 32,
    ...more,
  });

describe("the choice of a kernel", () => {
  it("is exhaustive for few images, indexed for many, with fewer and wider bands for more", () => {
    expect(choose(4_096).index).toBeNull();
    const million = choose(1_000_000).index;
    const tenMillion = choose(10_000_000).index;
    expect(million).toMatchObject({ tileBlocks: 245 });
    expect(tenMillion?.tileBlocks).toBe(814);
    expect(tenMillion?.bands).toBeLessThan(million?.bands ?? 0);
  });

  it("is exhaustive for a few new images beside many, and says what both would cost", () => {
    const { index, kernelReason } = choose(0, {
      plan: { firstBlock: 244, blocks: 245, pairsPerTask: 50, index: null },
      blockSize: 250,
    });
    expect(index).toBeNull();
    expect(kernelReason).toMatch(/^estimated seconds of one core: exhaustive [\d.]+, indexed [\d.]+ by \d+ bands$/);
  });

  it("follows what pairs cost on the machine: a faster backend compares more images exhaustively", () => {
    expect(choose(96_144, { backend: "wasm" }).index).not.toBeNull();
    expect(choose(96_144, { backend: "avx512" }).index).toBeNull();
    expect(choose(1_000_000, { backend: "avx512" }).index).not.toBeNull();
  });

  it("is the owner's where the owner says so", () => {
    expect(choose(4_096, { choice: "indexed" }).index).not.toBeNull();
    expect(choose(1_000_000, { choice: "exhaustive" }).index).toBeNull();
  });
});
