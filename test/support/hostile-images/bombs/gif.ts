import { type Bombs, NUL, repeated } from "./parts.ts";

const gifHead = (width: number, height: number): Buffer => {
  const head = Buffer.concat([Buffer.from("GIF89a"), Buffer.alloc(7), Buffer.from([0, 0, 0, 255, 255, 255])]);
  head.writeUInt16LE(width, 6);
  head.writeUInt16LE(height, 8);
  head[10] = 0x80;
  return head;
};
const gifFrame = (width: number, height: number, data: Buffer): Buffer => {
  const head = Buffer.from([0x2c, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt16LE(width, 5);
  head.writeUInt16LE(height, 7);
  return Buffer.concat([head, Buffer.from([2]), data, NUL]);
};
const PIXEL = Buffer.from([2, 0x4c, 0x01]);

export const gifs: Bombs = {
  "100,000 frames": () => Buffer.concat([gifHead(1, 1), repeated(gifFrame(1, 1, PIXEL), 100_000), Buffer.from([0x3b])]),
  "33 frames of 16,000 x 16,000": () =>
    Buffer.concat([gifHead(16_000, 16_000), repeated(gifFrame(1, 1, PIXEL), 33), Buffer.from([0x3b])]),
  "65,535 x 65,535": () => Buffer.concat([gifHead(65_535, 65_535), gifFrame(1, 1, PIXEL), Buffer.from([0x3b])]),
  "a frame outside its screen": () =>
    Buffer.concat([gifHead(10, 10), gifFrame(65_535, 65_535, PIXEL), Buffer.from([0x3b])]),
  "a million extensions": () =>
    Buffer.concat([
      gifHead(8, 8),
      repeated(Buffer.from([0x21, 0xfe, 0]), 1_000_000),
      gifFrame(8, 8, PIXEL),
      Buffer.from([0x3b]),
    ]),
};
