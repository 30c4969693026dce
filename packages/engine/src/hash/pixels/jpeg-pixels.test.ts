import sharp, { type Sharp } from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import type { PicturePixels } from "../picture-pixels.ts";
import { readJpegHeader } from "../structure/jpeg-header.ts";
import { jpegPixels } from "./jpeg-pixels.ts";
import { nativeDecodeJpeg } from "./native-pixels.ts";
import { sharpPixels } from "./sharp-pixels.ts";

/** A picture that is not symmetric and has no even size. */
const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="701" height="463">
  <defs><linearGradient id="g" x2="1" y2="1"><stop stop-color="#246"/><stop offset="1" stop-color="#eca"/></linearGradient></defs>
  <rect width="701" height="463" fill="url(#g)"/><circle cx="170" cy="120" r="90" fill="#c55"/>
  <polygon points="300,450 460,150 690,440" fill="#396"/></svg>`;

let picture: Buffer;
beforeAll(async () => {
  picture = await sharp(Buffer.from(drawing)).png().toBuffer();
});

const natively = (file: Buffer): PicturePixels | null => {
  const header = readJpegHeader(file);
  return header === null ? null : jpegPixels(file, header);
};

/** The largest difference of two planes, and the mean one. */
const differenceOf = (x: Uint8Array | undefined, y: Uint8Array): { readonly most: number; readonly mean: number } => {
  expect(x?.length).toBe(y.length);
  const differences = Array.from(y, (value, index) => Math.abs(value - (x?.[index] ?? Number.NaN)));
  const sum = differences.reduce((so, value) => so + value, 0);
  return { most: differences.reduce((so, value) => Math.max(so, value), 0), mean: sum / y.length };
};

const SHAPES: readonly [string, (image: Sharp) => Sharp][] = [
  ["4:2:0", (image) => image.jpeg({ quality: 92 })],
  ["4:4:4", (image) => image.jpeg({ quality: 95, chromaSubsampling: "4:4:4" })],
  ["progressive", (image) => image.jpeg({ quality: 85, progressive: true })],
  ["grey", (image) => image.toColourspace("b-w").jpeg({ quality: 90 })],
  ["small", (image) => image.resize(61, 40).jpeg({ quality: 90 })],
  ["of one pixel", (image) => image.resize(1, 1).jpeg({ quality: 90 })],
  ["of one row", (image) => image.resize(900, 1, { fit: "fill" }).jpeg({ quality: 90 })],
];

describe.skipIf(nativeDecodeJpeg === null)("a JPEG that is decoded natively", () => {
  it.each(SHAPES)("%s has the pixels that sharp decodes", async (_, write) => {
    const file = await write(sharp(picture)).toBuffer();
    const [own, other] = [natively(file), await sharpPixels(sharp(file), 60)];
    expect(own).toMatchObject({ width: other.width, height: other.height, sourceWidth: other.sourceWidth });
    // Sharp's luma was rounded to RGB and back.
    expect(differenceOf(own?.luma, other.luma).mean).toBeLessThan(0.5);
    expect(differenceOf(own?.luma, other.luma).most).toBeLessThanOrEqual(3);
    expect(differenceOf(own?.cb, other.cb).mean).toBeLessThan(1.5);
    expect(differenceOf(own?.cr, other.cr).mean).toBeLessThan(1.5);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])("is turned as its EXIF orientation %i says", async (orientation) => {
    const file = await sharp(picture).withMetadata({ orientation }).jpeg({ quality: 95 }).toBuffer();
    const [own, other] = [natively(file), await sharpPixels(sharp(file), 60)];
    expect(own).toMatchObject({ width: other.width, height: other.height, sourceWidth: other.sourceWidth });
    expect(differenceOf(own?.luma, other.luma).mean).toBeLessThan(0.5);
    expect(differenceOf(own?.cb, other.cb).mean).toBeLessThan(1.5);
  });

  it.each([
    [2_100, 1_387],
    [4_200, 2_774],
  ])("of %i x %i pixels is shrunk while it is decoded, to nearly the same", async (width, height) => {
    const file = await sharp(picture).resize(width, height).jpeg({ quality: 92 }).toBuffer();
    const [own, other] = [natively(file), await sharpPixels(sharp(file), 60)];
    expect(own).toMatchObject({ width: 512, height: 338, sourceWidth: width, sourceHeight: height });
    expect(differenceOf(own?.luma, other.luma).mean).toBeLessThan(1);
  });

  it("is left to sharp where it is not plain, or where the decoder warns", async () => {
    const file = await sharp(picture).jpeg().toBuffer();
    const broken = Buffer.from(file).fill(0xff, file.length - 900, file.length - 700);
    expect(natively(await sharp(picture).toColourspace("cmyk").jpeg().toBuffer())).toBeNull();
    expect(natively(file.subarray(0, file.length - 500))).toBeNull();
    expect(natively(broken)).toBeNull();
    expect(natively(picture)).toBeNull();
  });
});
