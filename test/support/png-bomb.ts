import { crc32, deflateSync } from "node:zlib";

/** A valid PNG of 30,000 x 30,000 black pixels in a hundred kilobytes: 900 megapixels once decoded. */
export const pngBomb = (side = 30_000): Buffer => {
  const rows = Buffer.alloc(side * (1 + Math.ceil(side / 8)));
  return pngOf(pngHeader(side, side, 1, 0), [pngChunk("IDAT", deflateSync(rows, { level: 1 }))]);
};

/** @param bits of a sample @param colour 0 greyscale, 2 colours, 3 palette, 6 colours and transparency @param interlaced 1: Adam7 */
export const pngHeader = (width: number, height: number, bits: number, colour: number, interlaced = 0): Buffer => {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([bits, colour, 0, 0, interlaced], 8);
  return header;
};

/** A PNG file of these chunks between its header and its end. */
export const pngOf = (header: Buffer, chunks: readonly Buffer[]): Buffer =>
  Buffer.concat([
    Buffer.from("89504e470d0a1a0a", "hex"),
    pngChunk("IHDR", header),
    ...chunks,
    pngChunk("IEND", Buffer.alloc(0)),
  ]);

export const pngChunk = (type: string, body: Buffer): Buffer => {
  const typed = Buffer.concat([Buffer.from(type), body]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(typed));
  return Buffer.concat([length, typed, checksum]);
};
