import { greyTags, tiffOf } from "../tiff.ts";
import { type Bombs, MB, packedZeros } from "./parts.ts";

const strip = Buffer.alloc(64 * 64, 0x37);
const small = (more = {}) => ({ ...greyTags(64, 64, 1, [8, strip.length]), ...more });
const DEFLATE = 8;

export const tiffs: Bombs = {
  "a directory that is the next one": () => tiffOf(strip, [small()], (_, [first = 0]) => first),
  "two directories in a circle": () => tiffOf(strip, [small(), small()], (index, offsets) => offsets[1 - index] ?? 0),
  "20,000 pages": () =>
    tiffOf(
      strip,
      Array.from({ length: 20_000 }, () => small()),
    ),
  "9,000 pages of 60,000 tags": () => {
    // Each directory begins four bytes after the one before it, so that they share nearly all of their bytes.
    const entries = 0xeaea;
    const bytes = 2 + entries * 12;
    const file = Buffer.alloc(8 + 4 * 9_000 + bytes + 4, 0xea);
    file.write("II*\0", 0, "latin1");
    file.writeUInt32LE(8, 4);
    for (let directory = 8; directory < 8 + 4 * 9_000; directory += 4)
      file.writeUInt32LE(directory + 4, directory + bytes);
    return file;
  },
  "a thousand pages that share a million strips": () => {
    const offsets = Array.from({ length: 1_000_000 }, () => 8);
    const first = tiffOf(strip, [{ ...small(), 273: offsets, 279: offsets, 278: [1] }]);
    const directory = first.readUInt32LE(4);
    const entries = first.subarray(directory, directory + 2 + 9 * 12);
    const pages = Array.from({ length: 1_000 }, (_, page) => {
      const next = Buffer.alloc(4);
      if (page < 999) next.writeUInt32LE(first.length + (page + 1) * (entries.length + 4));
      return Buffer.concat([entries, next]);
    });
    const file = Buffer.concat([first, ...pages]);
    file.writeUInt32LE(first.length, 4);
    return file;
  },
  "65,535 samples a pixel": () => tiffOf(strip, [small({ 277: [65_535] })]),
  "64 bits a sample": () => tiffOf(strip, [small({ 258: [64], 339: [3] })]),
  "a size of 2^32": () => tiffOf(strip, [greyTags(0xffffffff, 0xffffffff, 1, [8, strip.length])]),
  "290 megapixels in a strip of a few bytes": () => {
    const data = packedZeros(17_000 * 17_000);
    return tiffOf(data, [greyTags(17_000, 17_000, DEFLATE, [8, data.length])]);
  },
  "a strip of 4 GB": () => tiffOf(strip, [{ ...greyTags(64, 64, 1, [8, 0xffffffff]) }]),
  "tiles of 2^31": () =>
    tiffOf(strip, [{ ...small(), 322: [0x7ffffff0], 323: [0x7ffffff0], 324: [8], 325: [strip.length] }]),
  "250,000 tiles of 16 x 16": () => {
    const many = Array.from({ length: 250_000 }, () => 8);
    return tiffOf(strip, [
      { ...greyTags(8_000, 8_000, 1, [8, 256]), 322: [16], 323: [16], 324: many, 325: many.map(() => 256) },
    ]);
  },
  "fax of one line without end": () => tiffOf(Buffer.alloc(MB), [{ ...greyTags(65_000, 4_000, 4, [8, MB]), 258: [1] }]),
};
