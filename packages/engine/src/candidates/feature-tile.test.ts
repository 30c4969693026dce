import { describe, expect, it } from "vitest";
import { featureCount } from "../evidence/features.ts";
import { keyBands, keyBitsOf } from "./feature-keys.ts";
import { featureTile, halvesOf } from "./feature-tile.ts";
import { scenePictures } from "./features.fixtures.ts";

describe("a tile of features", () => {
  const pictures = scenePictures(5, 7, 5);

  it("has a row for each feature, with its picture and its place", () => {
    const tile = featureTile("t", [{ ordinal: 3, features: new Uint8Array(0) }, ...pictures]);
    expect(tile.ordinals.length).toBe(pictures.reduce((sum, { features }) => sum + featureCount(features), 0));
    expect([tile.ordinals[0], tile.ordinals.at(-1)]).toEqual([7, 11]);
    const bytes = Buffer.from(pictures[0]?.features ?? []);
    expect([...tile.places.subarray(4, 8)]).toEqual([
      bytes.readUInt16LE(38),
      bytes.readUInt16LE(40),
      bytes[42],
      bytes[43],
    ]);
  });

  it("is cut between pictures", () => {
    const [before, after] = halvesOf(featureTile("t", pictures)) ?? [];
    expect(new Set(before?.ordinals)).toEqual(new Set([7, 8]));
    expect(new Set(after?.ordinals)).toEqual(new Set([9, 10, 11]));
    expect(after?.places.length).toBe((after?.ordinals.length ?? 0) * 4);
    expect(halvesOf(featureTile("t", pictures.slice(0, 1)))).toBeNull();
  });
});

describe("keys", () => {
  it.each([16, 17, 20, 24])("of %i bits have no bit in common", (keyBits) => {
    const bands = keyBands(keyBits);
    const bits = bands.flatMap((band) => band.bits);
    expect(bits.length).toBe(10 * keyBits);
    expect(new Set(bits).size).toBe(bits.length);
    expect(Math.max(...bits)).toBeLessThan(256);
    for (const band of bands) expect(band.bits).toEqual([...band.bits].sort((a, b) => a - b));
  });

  it("grow with the catalog, between their limits", () => {
    expect([0, 1, 64_000, 1_000_000, 64_000_000, 1e12].map(keyBitsOf)).toEqual([16, 16, 16, 20, 24, 24]);
  });
});
