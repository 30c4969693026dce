import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { drawScene } from "../../../../../test/support/scene.ts";
import { readScans } from "./jpeg-scans.ts";

const raw = { width: 320, height: 240, channels: 3 } as const;
const scene = (number: number) => sharp(drawScene(number, raw.width, raw.height), { raw });

describe.each([
  ["sequential", {}],
  ["sequential, all colours at full size", { chromaSubsampling: "4:4:4" }],
  ["progressive", { progressive: true }],
  ["by mozjpeg", { mozjpeg: true }],
])("the codes of a JPEG, %s", (_, options) => {
  it("are read to the last one, and not beyond", async () => {
    for (let number = 0; number < 4; number += 1) {
      const jpeg = await scene(number)
        .resize(320 - number * 3)
        .jpeg(options)
        .toBuffer();
      expect(readScans(jpeg)).toEqual({ fault: null, intact: 1 });
    }
  });

  it("say in most cases that eight bytes are wrong", async () => {
    const jpeg = await scene(9).jpeg(options).toBuffer();
    let found = 0;
    for (let part = 0.2; part < 0.95; part += 0.025) {
      const damaged = Buffer.from(jpeg);
      const from = Math.floor(jpeg.length * part);
      for (let byte = from; byte < from + 8; byte += 1) damaged[byte] = (damaged[byte] ?? 0) ^ 0x5a;
      if (readScans(damaged)?.fault !== null) found += 1;
    }
    expect(found).toBeGreaterThanOrEqual(18);
  });
});

it("says how much of a picture is there", async () => {
  const jpeg = await scene(1).jpeg({ quality: 95 }).toBuffer();
  const found = readScans(jpeg.subarray(0, Math.round(jpeg.length * 0.6)));
  expect(found?.fault).toBe("its end is missing");
  expect(found?.intact).toBeGreaterThan(0.4);
  expect(found?.intact).toBeLessThan(0.8);
});

it("reads a greyscale and a CMYK picture, and one with restart markers", async () => {
  expect(readScans(await scene(2).greyscale().jpeg().toBuffer())?.fault).toBeNull();
  expect(readScans(await scene(2).toColourspace("cmyk").jpeg().toBuffer())?.fault).toBeNull();
});
