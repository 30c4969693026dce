import { box } from "./heic.ts";
import { type Bombs, hex, repeated } from "./parts.ts";

export const jxls: Bombs = {
  "a size of 2^30": () => Buffer.concat([hex("ff0a ffff ffff ffff ffff ffff"), Buffer.alloc(1_024, 0x55)]),
  "a million boxes": () =>
    Buffer.concat([
      hex("0000000c 4a584c20 0d0a870a"),
      box("ftyp", Buffer.from("jxl \0\0\0\0jxl ", "latin1")),
      repeated(box("Exif"), 1_000_000),
    ]),
  "a box without size": () =>
    Buffer.concat([hex("0000000c 4a584c20 0d0a870a 00000000 6a786c70 00000000 6a786c70"), Buffer.alloc(64)]),
};
