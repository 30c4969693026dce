import { byteAt } from "@lookalike/shared/domain/primitives/columns";

/** Luma of full range (Rec. 601), as JPEG defines it (JFIF 1.02): rounded half up, exact in 16 bits after the point. */
export const lumaOf = (red: number, green: number, blue: number): number =>
  (19_595 * red + 38_470 * green + 7_471 * blue + 32_768) >> 16;

/** Cb and Cr (Rec. 601): 128 is grey. */
export const chromaOf = (red: number, green: number, blue: number): readonly [cb: number, cr: number] => [
  clamped(-11_059 * red - 21_709 * green + 32_768 * blue),
  clamped(32_768 * red - 27_439 * green - 5_329 * blue),
];

const clamped = (sum: number): number => Math.min(255, ((sum + 32_768) >> 16) + 128);

/** Luma of pixels of one byte (grey) or three. */
export const lumaPlane = (pixels: Uint8Array, channels: number): Uint8Array => {
  if (channels === 1) return pixels;
  const luma = new Uint8Array(pixels.length / channels);
  for (let to = 0, from = 0; to < luma.length; to += 1, from += channels)
    luma[to] = lumaOf(byteAt(pixels, from), byteAt(pixels, from + 1), byteAt(pixels, from + 2));
  return luma;
};
