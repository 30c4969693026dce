import { describe, expect, it } from "vitest";
import { nativeRawPixels } from "./native-pixels.ts";
import { pixelsOfRaw, plainRawPixels } from "./raw-pixels.ts";
import { workingSize } from "./working-size.ts";

const picture = (width: number, height: number, channels: number) => ({
  pixels: Uint8Array.from({ length: width * height * channels }, (_, index) => (index * index * 7 + index * 13) % 256),
  ...{ width, height, channels },
});

describe("a decoded picture", () => {
  it.each([
    [700, 467],
    [512, 384],
    [61, 40],
    [1, 1],
    [3_000, 5],
  ])("of %i x %i pixels has the same luma and cells natively", (width, height) => {
    const raw = picture(width, height, 3);
    const plain = plainRawPixels(raw, workingSize(raw));
    expect(nativeRawPixels?.(raw, workingSize(raw), 16) ?? plain).toEqual(plain);
  });

  it("that is grey has luma, and no colour", () => {
    const { luma, cb, cr } = pixelsOfRaw(picture(61, 40, 1));
    expect(luma).toEqual(picture(61, 40, 1).pixels);
    expect(new Set([...cb, ...cr])).toEqual(new Set([128]));
  });

  it("of one colour has its luma and chroma (JFIF 1.02)", () => {
    const red = pixelsOfRaw({ pixels: Uint8Array.from([255, 0, 0, 255, 0, 0]), width: 2, height: 1, channels: 3 });
    expect([red.luma[0], red.cb[0], red.cr[0]]).toEqual([76, 85, 255]);
  });
});
