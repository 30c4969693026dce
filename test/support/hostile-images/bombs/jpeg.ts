import { type Bombs, MB, NUL, repeated } from "./parts.ts";

const segment = (marker: number, body: Buffer): Buffer => {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
};

/** A JPEG whose picture data is of zeros. @param frame 0xc0 baseline, 0xc2 progressive */
const jpegOf = (frame: number, width: number, height: number, scan: Buffer, before: readonly Buffer[] = []): Buffer => {
  const size = Buffer.from([8, 0, 0, 0, 0, 1, 1, 0x11, 0]);
  size.writeUInt16BE(height, 1);
  size.writeUInt16BE(width, 3);
  const table = (kind: number, symbol: number): Buffer =>
    Buffer.concat([Buffer.from([kind, 0, 2]), Buffer.alloc(14), Buffer.from([0, symbol])]);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    ...before,
    segment(0xdb, Buffer.concat([NUL, Buffer.alloc(64, 1)])),
    segment(frame, size),
    // The second code is 1 bit more, or the end of a band in 2^14 blocks.
    segment(0xc4, table(0, 1)),
    segment(0xc4, table(0x10, 0xe0)),
    scan,
    Buffer.from([0xff, 0xd9]),
  ]);
};

const scanOf = (first: number, last: number, bits: number, data: Buffer): Buffer =>
  Buffer.concat([segment(0xda, Buffer.from([1, 1, 0, first, last, bits])), data]);

/** EXIF whose directory is in a circle. */
const circularExif = Buffer.from("Exif\0\0II*\0\b\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\b\0\0\0\b\0\0\0", "latin1");

export const jpegs: Bombs = {
  "65,500 x 65,500": () => jpegOf(0xc0, 65_500, 65_500, scanOf(0, 63, 0, Buffer.alloc(4_096))),
  "290 megapixels, progressive, of zeros": () => jpegOf(0xc2, 17_000, 17_000, scanOf(0, 0, 0, Buffer.alloc(2 * MB))),
  "a thousand scans of 16 megapixels": () =>
    jpegOf(
      0xc2,
      4_000,
      4_000,
      Buffer.concat([
        scanOf(0, 0, 0, Buffer.alloc(40_000)),
        repeated(scanOf(1, 63, 0, Buffer.alloc(600, 0xaa)), 1_000),
      ]),
    ),
  "4,000 scans of lost sectors": () =>
    jpegOf(0xc2, 2_000, 2_000, repeated(scanOf(0, 0, 0x10, Buffer.alloc(8_000)), 4_000)),
  "a million tables": () =>
    jpegOf(0xc0, 64, 64, scanOf(0, 63, 0, Buffer.alloc(1_024)), [
      repeated(segment(0xc4, repeated(Buffer.from([0, ...Buffer.alloc(16)]), 3_000)), 300),
    ]),
  "60 MB of comments": () =>
    jpegOf(0xc0, 64, 64, scanOf(0, 63, 0, Buffer.alloc(64)), [
      repeated(segment(0xfe, Buffer.alloc(65_000, 0x41)), 950),
    ]),
  "60 MB of EXIF": () =>
    jpegOf(0xc0, 64, 64, scanOf(0, 63, 0, Buffer.alloc(64)), [repeated(segment(0xe1, circularExif), 900_000)]),
  "EXIF in a circle": () => jpegOf(0xc0, 64, 64, scanOf(0, 63, 0, Buffer.alloc(64)), [segment(0xe1, circularExif)]),
  "a colour profile of 255 parts": () =>
    jpegOf(
      0xc0,
      64,
      64,
      scanOf(0, 63, 0, Buffer.alloc(64)),
      Array.from({ length: 255 }, (_, part) =>
        segment(
          0xe2,
          Buffer.concat([Buffer.from("ICC_PROFILE\0"), Buffer.from([part + 1, 255]), Buffer.alloc(65_000, 0x5a)]),
        ),
      ),
    ),
  "pictures declared without end (MPF)": () =>
    jpegOf(0xc0, 64, 64, scanOf(0, 63, 0, Buffer.alloc(64)), [
      segment(
        0xe2,
        Buffer.concat([
          Buffer.from("MPF\0II*\0\b\0\0\0\xff\xff\x02\xb0\x07\0\xff\xff\xff\xff\b\0\0\0", "latin1"),
          Buffer.alloc(60_000, 2),
        ]),
      ),
    ]),
  "a million pictures after it": () =>
    Buffer.concat([
      jpegOf(0xc0, 64, 64, scanOf(0, 63, 0, Buffer.alloc(64))),
      repeated(Buffer.from("ffd8ffd9", "hex"), 1_000_000),
    ]),
};
