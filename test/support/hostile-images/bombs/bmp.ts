import { type Bombs, MB } from "./parts.ts";

const bmpHead = (width: number, height: number, bits: number, compression: number, colours = 0): Buffer => {
  const head = Buffer.alloc(54);
  head.write("BM", 0, "latin1");
  head.writeUInt32LE(54, 10);
  head.writeUInt32LE(40, 14);
  head.writeInt32LE(width, 18);
  head.writeInt32LE(height, 22);
  head.writeUInt16LE(1, 26);
  head.writeUInt16LE(bits, 28);
  head.writeUInt32LE(compression, 30);
  head.writeUInt32LE(colours, 46);
  return head;
};

export const bmps: Bombs = {
  "290 megapixels without data": () => bmpHead(17_000, 17_000, 24, 0),
  "290 megapixels of runs": () =>
    Buffer.concat([bmpHead(17_000, 17_000, 8, 1), Buffer.alloc(1_024), Buffer.alloc(MB, 0xff)]),
  "runs without end": () => Buffer.concat([bmpHead(64, 64, 4, 2), Buffer.alloc(64), Buffer.alloc(4 * MB)]),
  "a size of 2^31": () => bmpHead(0x7fffffff, 0x7fffffff, 32, 0),
  "a size below zero": () => Buffer.concat([bmpHead(-64, -64, 24, 0), Buffer.alloc(64 * 64 * 3)]),
  "4 thousand million colours": () => Buffer.concat([bmpHead(64, 64, 8, 0, 0xffffffff), Buffer.alloc(64 * 64)]),
  "no bits a pixel": () => Buffer.concat([bmpHead(64, 64, 0, 0), Buffer.alloc(64 * 64)]),
};
