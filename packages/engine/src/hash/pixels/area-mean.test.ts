import { describe, expect, it } from "vitest";
import { areaMean, type Plane } from "./area-mean.ts";
import { fastestAreaMean } from "./native-pixels.ts";

/** Bytes that look random and are the same in every run. */
const noise = (length: number, seed: number): Uint8Array => {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
};
const plane = (width: number, height: number, channels = 1): Plane => ({
  pixels: noise(width * height * channels, width * 31 + height),
  ...{ width, height, channels },
});

/** The definition, pixel by pixel: how much of each old pixel a new one covers. */
const byDefinition = ({ pixels, width, height, channels }: Plane, newWidth: number, newHeight: number): number[] => {
  const covered = (old: number, next: number, length: number, newLength: number): bigint => {
    const from = Math.max(old * newLength, next * length);
    const to = Math.min((old + 1) * newLength, (next + 1) * length);
    return BigInt(Math.max(0, to - from));
  };
  const area = BigInt(width * height);
  const means: number[] = [];
  for (let row = 0; row < newHeight; row += 1)
    for (let column = 0; column < newWidth; column += 1)
      for (let channel = 0; channel < channels; channel += 1) {
        let sum = 0n;
        for (let y = 0; y < height; y += 1)
          for (let x = 0; x < width; x += 1)
            sum +=
              covered(y, row, height, newHeight) *
              covered(x, column, width, newWidth) *
              BigInt(pixels[(y * width + x) * channels + channel] ?? 0);
        means.push(Number((2n * sum + area) / (2n * area)));
      }
  return means;
};

describe("an area mean", () => {
  it.each([
    [7, 5, 3, 2],
    [7, 5, 7, 5],
    [4, 6, 9, 13],
    [16, 12, 4, 3],
    [1, 9, 1, 2],
    [20, 3, 1, 1],
  ])("of %i x %i pixels as %i x %i is that of its definition", (width, height, newWidth, newHeight) => {
    for (const channels of [1, 3]) {
      const picture = plane(width, height, channels);
      expect([...areaMean(picture, newWidth, newHeight)]).toEqual(byDefinition(picture, newWidth, newHeight));
    }
  });

  it.each([
    [640, 480, 512, 384, 1],
    [720, 540, 512, 384, 1],
    [1_024, 16, 512, 8, 1],
    [1_020, 255, 512, 128, 1],
    [1_023, 16, 510, 9, 1],
    [517, 257, 509, 256, 1],
    [1_200, 40, 509, 33, 1],
    [1_021, 30, 170, 31, 1],
    [2_880, 45, 512, 8, 1],
    [600, 9, 75, 3, 1],
    [6, 4, 5, 9, 1],
    [300, 200, 300, 200, 3],
    [300, 200, 300, 100, 1],
    [1_008, 757, 512, 384, 1],
    [512, 384, 128, 128, 1],
    [100, 75, 128, 128, 1],
    [512, 3, 128, 128, 1],
    [333, 500, 16, 16, 3],
    [1_500, 110, 512, 38, 3],
    [4_000, 2, 512, 1, 3],
    [31, 1_025, 15, 512, 1],
  ])(
    "is the same bytes natively: %i x %i as %i x %i, %i bytes a pixel",
    (width, height, newWidth, newHeight, channels) => {
      const picture = plane(width, height, channels);
      const plain = Buffer.from(areaMean(picture, newWidth, newHeight));
      expect(plain.equals(fastestAreaMean(picture, newWidth, newHeight))).toBe(true);
    },
  );

  it("of white is white, and of black is black", () => {
    for (const value of [0, 255]) {
      const picture = { pixels: new Uint8Array(700 * 433).fill(value), width: 700, height: 433, channels: 1 };
      for (const mean of [areaMean, fastestAreaMean])
        expect(new Set(mean(picture, 512, 317))).toEqual(new Set([value]));
    }
  });
});
