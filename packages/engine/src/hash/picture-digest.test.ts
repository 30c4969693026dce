import { byteAt } from "@lookalike/shared/domain/primitives/columns";
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

/** A TIFF file of little-endian numbers whose directory is at its end, with more tags of text. */
const withTags = (file: Buffer, tags: Readonly<Record<number, string>>): Buffer => {
  expect(file.toString("latin1", 0, 4)).toBe("II*\0");
  const from = file.readUInt32LE(4);
  const entries = file.readUInt16LE(from);
  const old = Array.from({ length: entries }, (_, index) =>
    file.subarray(from + 2 + index * 12, from + 14 + index * 12),
  );
  const texts = Object.entries(tags).map(([tag, text]) => ({ tag: Number(tag), text: Buffer.from(`${text}\0`) }));
  const [size, header] = [2 + (entries + texts.length) * 12 + 4, Buffer.from(file.subarray(0, 8))];
  header.writeUInt32LE(file.length, 4);
  let at = file.length + size;
  const added = texts.map(({ tag, text }) => {
    const entry = Buffer.alloc(12);
    entry.writeUInt16LE(tag, 0);
    entry.writeUInt16LE(2, 2);
    entry.writeUInt32LE(text.length, 4);
    entry.writeUInt32LE(at, 8);
    at += text.length;
    return entry;
  });
  const all = [...old, ...added].sort((a, b) => a.readUInt16LE(0) - b.readUInt16LE(0));
  const count = Buffer.alloc(2);
  count.writeUInt16LE(all.length);
  const data = texts.map(({ text }) => text);
  return Buffer.concat([header, file.subarray(8), count, ...all, Buffer.alloc(4), ...data]);
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
  gif: {
    withMetadata: (file: Buffer) =>
      insert(
        Buffer.concat([Buffer.from("GIF87a"), file.subarray(6)]),
        13 + (3 << ((byteAt(file, 10) & 7) + 1)),
        Buffer.from("\x21\xfe\x05words\0", "latin1"),
        Buffer.from("\x21\xff\x0bXMP DataXMP\x06<rdf/>\0", "latin1"),
      ),
    withColours: (file: Buffer) => {
      const other = Buffer.from(file);
      other[13] = byteAt(other, 13) ^ 0xff;
      return other;
    },
  },
  tiff: {
    withMetadata: (file: Buffer) => withTags(file, { 306: "2024:05:01 10:00:00", 700: "<rdf/>", 18246: "a rating" }),
    withColours: (file: Buffer) => withTags(file, { 34675: "a profile" }),
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

describe("the digest of the picture in AVIF", () => {
  const encode = (seed = 0) => picture(seed).avif({ effort: 0 });
  const digest = (file: Buffer) => pictureDigest(file, { format: "heif" }, null);

  it("is the same with EXIF, and another one where another picture is shown, or it is turned", async () => {
    const file = await encode().toBuffer();
    const withExif = await encode()
      .withExif({ IFD0: { Copyright: "words" } })
      .toBuffer();
    expect(withExif.length).toBeGreaterThan(file.length);
    expect(digest(file)).toHaveLength(16);
    expect(digest(withExif)).toEqual(digest(file));
    expect(digest(await encode(1).toBuffer())).not.toEqual(digest(file));
    // The size that is shown is a property (ispe).
    const turned = Buffer.from(file);
    turned.writeUInt32BE(WIDTH / 2, turned.indexOf("ispe") + 8);
    expect(digest(turned)).not.toEqual(digest(file));
  });

  it("never throws, however the file is cut or wrong", async () => {
    const file = await encode().toBuffer();
    for (let length = 0; length < Math.min(file.length, 400); length += 1) {
      const wrong = Buffer.from(file);
      wrong[length] = byteAt(wrong, length) ^ 0xff;
      for (const other of [file.subarray(0, length), wrong]) expect(() => digest(other)).not.toThrow();
    }
  });
});

it("is null for a TIFF that names its data again and again", async () => {
  const file = await picture().tiff({ compression: "none" }).toBuffer();
  const from = file.readUInt32LE(4);
  const directory = file.subarray(from, from + 2 + file.readUInt16LE(from) * 12);
  // Pages one after another, each with the data of the first.
  const pages = Array.from({ length: 20 }, (_, page) => {
    const next = Buffer.alloc(4);
    next.writeUInt32LE(page === 19 ? 0 : file.length + (page + 1) * (directory.length + 4));
    return Buffer.concat([directory, next]);
  });
  const again = Buffer.concat([file, ...pages]);
  again.writeUInt32LE(file.length, 4);
  expect(pictureDigest(file, { format: "tiff" }, null)).toHaveLength(16);
  expect(pictureDigest(again, { format: "tiff" }, null)).toBeNull();
});

it("is null for a TIFF whose pages are in other directories", async () => {
  const file = await picture().tiff().toBuffer();
  expect(pictureDigest(withTags(file, { 330: "a directory" }), { format: "tiff" }, null)).toBeNull();
});

it("is of the pixels where they are given, and null for other formats", () => {
  const file = Buffer.from("file");
  expect(pictureDigest(file, { format: "heif" }, pixels)).toHaveLength(16);
  expect(pictureDigest(file, { format: "svg" }, null)).toBeNull();
});
