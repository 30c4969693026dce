import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { isCutShort } from "./cut-short.ts";

const picture = sharp({
  create: { width: 64, height: 48, channels: 3, background: "#468", noise: { type: "gaussian", mean: 128, sigma: 40 } },
});
const thumbnail = await picture.clone().resize(16).jpeg().toBuffer();
const files: [string, Buffer][] = [
  ["JPEG", await picture.clone().jpeg().toBuffer()],
  ["progressive JPEG", await picture.clone().jpeg({ progressive: true }).toBuffer()],
  [
    "JPEG with a whole JPEG in its EXIF block",
    await picture.clone().withXmp(thumbnail.toString("latin1")).jpeg().toBuffer(),
  ],
  ["PNG", await picture.clone().png().toBuffer()],
  ["WebP", await picture.clone().webp().toBuffer()],
  ["AVIF", await picture.clone().avif({ effort: 0 }).toBuffer()],
];

describe.each(files)("a %s", (_, file) => {
  it("is whole with anything after it, and cut short wherever it is cut", () => {
    expect(isCutShort(file)).toBe(false);
    for (let length = 32; length < file.length; length += 7)
      expect([length, isCutShort(file.subarray(0, length))]).toEqual([length, true]);
  });
});

it.each(files.slice(0, 4))("a %s with other bytes after its end is whole", (_, file) => {
  expect(isCutShort(Buffer.concat([file, Buffer.alloc(1_000)]))).toBe(false);
});

it("another format does not say", async () => {
  expect(isCutShort(await picture.clone().gif().toBuffer())).toBeNull();
  expect(isCutShort(Buffer.from("no picture"))).toBeNull();
});
