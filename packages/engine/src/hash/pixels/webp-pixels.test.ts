import sharp, { type Sharp } from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import type { PicturePixels } from "../picture-pixels.ts";
import { readWebpHeader } from "../structure/webp-header.ts";
import { nativeDecodeWebp } from "./native-pixels.ts";
import { sharpPixels } from "./sharp-pixels.ts";
import { webpPixels } from "./webp-pixels.ts";

const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="701" height="463">
  <defs><linearGradient id="g" x2="1" y2="1"><stop stop-color="#246"/><stop offset="1" stop-color="#eca"/></linearGradient></defs>
  <rect width="701" height="463" fill="url(#g)"/><circle cx="170" cy="120" r="90" fill="#c55"/></svg>`;

let picture: Sharp;
beforeAll(async () => {
  picture = sharp(await sharp(Buffer.from(drawing)).removeAlpha().png().toBuffer());
});

const natively = (file: Buffer): PicturePixels | null => {
  const header = readWebpHeader(file);
  return header === null ? null : webpPixels(file, header);
};

const meanDifference = (x: Uint8Array | undefined, y: Uint8Array): number => {
  expect(x?.length).toBe(y.length);
  return y.reduce((sum, value, index) => sum + Math.abs(value - (x?.[index] ?? Number.NaN)), 0) / y.length;
};

describe.skipIf(nativeDecodeWebp === null)("a WebP that is decoded natively", () => {
  it.each<[string, (image: Sharp) => Sharp]>([
    ["lossy", (image) => image.webp({ quality: 80 })],
    ["small", (image) => image.resize(33, 21).webp({ quality: 90 })],
    ["turned by its EXIF orientation", (image) => image.withMetadata({ orientation: 6 }).webp({ quality: 80 })],
  ])("%s has the pixels that sharp decodes", async (_, write) => {
    const file = await write(picture.clone()).toBuffer();
    const [own, other] = [natively(file), await sharpPixels(sharp(file), 60)];
    expect(own).toMatchObject({ width: other.width, height: other.height, sourceWidth: other.sourceWidth });
    expect(meanDifference(own?.luma, other.luma)).toBeLessThan(1);
    expect(meanDifference(own?.cb, other.cb)).toBeLessThan(2);
    expect(meanDifference(own?.cr, other.cr)).toBeLessThan(2);
  });

  it("is left to sharp where it is more than one lossy picture, or broken", async () => {
    const file = await picture.clone().webp().toBuffer();
    const frames = [await picture.clone().png().toBuffer(), await picture.clone().negate().png().toBuffer()];
    expect(natively(await picture.clone().webp({ lossless: true }).toBuffer())).toBeNull();
    expect(natively(await picture.clone().ensureAlpha(0.5).webp().toBuffer())).toBeNull();
    expect(
      natively(
        await sharp(frames, { join: { animated: true } })
          .webp()
          .toBuffer(),
      ),
    ).toBeNull();
    expect(natively(file.subarray(0, file.length - 200))).toBeNull();
    expect(natively(file.subarray(0, 25))).toBeNull();
  });
});
