import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { pictureDigest } from "./picture-digest.ts";

const WIDTH = 64;
const pixels = Buffer.from(Array.from({ length: WIDTH * WIDTH * 3 }, (_, index) => (index * index) % 251));
const picture = (seed = 0) =>
  sharp(Buffer.from(pixels.map((value) => value ^ seed)), { raw: { width: WIDTH, height: WIDTH, channels: 3 } });

const jpegSegment = (marker: number, text: string): Buffer => {
  const head = Buffer.of(0xff, marker, 0, 0);
  head.writeUInt16BE(text.length + 2, 2);
  return Buffer.concat([head, Buffer.from(text, "latin1")]);
};
const insert = (file: Buffer, at: number, ...parts: Buffer[]): Buffer =>
  Buffer.concat([file.subarray(0, at), ...parts, file.subarray(at)]);
const chunk = (type: string, text: string, writeSize: "writeUInt32BE" | "writeUInt32LE"): Buffer[] => {
  const size = Buffer.alloc(4);
  size[writeSize](text.length);
  return writeSize === "writeUInt32BE"
    ? [size, Buffer.from(type), Buffer.from(text), Buffer.alloc(4)]
    : [Buffer.from(type), size, Buffer.from(text)];
};

/** Each format with what exiftool writes into it, and with something that changes the picture. */
const FORMATS = {
  jpeg: {
    withMetadata: (file: Buffer) =>
      insert(
        file,
        2,
        jpegSegment(0xe1, "Exif\0\0a rating"),
        jpegSegment(0xed, "Photoshop 3.0\0"),
        jpegSegment(0xfe, "words"),
      ),
    withColours: (file: Buffer) => insert(file, 2, jpegSegment(0xe2, "ICC_PROFILE\0\u0001\u0001a profile")),
  },
  png: {
    withMetadata: (file: Buffer) => insert(file, 33, ...chunk("tEXt", "Rating\0five", "writeUInt32BE")),
    withColours: (file: Buffer) => insert(file, 33, ...chunk("iCCP", "a profile", "writeUInt32BE")),
  },
  webp: {
    withMetadata: (file: Buffer) => insert(file, file.length, ...chunk("EXIF", "a rating", "writeUInt32LE")),
    withColours: (file: Buffer) => insert(file, 12, ...chunk("ICCP", "a profile!", "writeUInt32LE")),
  },
};

describe.each(Object.entries(FORMATS))("the digest of the picture in %s", (format, { withMetadata, withColours }) => {
  const encode = (seed?: number) =>
    picture(seed)
      .toFormat(format as "jpeg")
      .toBuffer();
  const digest = (file: Buffer, orientation?: number) => pictureDigest(file, { format, orientation }, null);

  it("is the same whatever its metadata says", async () => {
    const file = await encode();
    expect(digest(file)).toHaveLength(16);
    expect(digest(withMetadata(file))).toEqual(digest(file));
  });

  it("is another one where another picture is shown", async () => {
    const file = await encode();
    for (const other of [digest(await encode(1)), digest(withColours(file)), digest(file, 6)])
      expect(other).not.toEqual(digest(file));
  });

  it("never throws, however the file is cut", async () => {
    const file = withMetadata(await encode());
    for (let length = 0; length < 200; length += 1) expect(() => digest(file.subarray(0, length))).not.toThrow();
  });
});

it("is of the pixels where they are given, and null for other formats", () => {
  const file = Buffer.from("file");
  expect(pictureDigest(file, { format: "heif" }, pixels)).toHaveLength(16);
  expect(pictureDigest(file, { format: "tiff" }, null)).toBeNull();
});
