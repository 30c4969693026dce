import { deflateSync } from "node:zlib";
import { pngBomb, pngChunk, pngHeader, pngOf } from "../../png-bomb.ts";
import { type Bombs, MB, packedZeros, repeated } from "./parts.ts";

/** A small picture after chunks of metadata. */
const pngWith = (chunks: readonly Buffer[]): Buffer =>
  pngOf(pngHeader(64, 64, 8, 0), [...chunks, pngChunk("IDAT", deflateSync(Buffer.alloc(64 * 65)))]);

export const pngs: Bombs = {
  "900 megapixels": () => pngBomb(),
  "289 megapixels": () => pngBomb(17_000),
  "interlaced, 16 bits, 49 megapixels": () =>
    pngOf(pngHeader(7_000, 7_000, 16, 6, 1), [pngChunk("IDAT", packedZeros(7_000 * 7_000 * 8 + 20_000))]),
  "a size of 2^31": () => pngOf(pngHeader(0x7fffffff, 0x7fffffff, 16, 6), [pngChunk("IDAT", packedZeros(1_000))]),
  "no pixel wide": () => pngOf(pngHeader(0, 100, 8, 0), [pngChunk("IDAT", packedZeros(1_000))]),
  "one row of 300 million": () => pngOf(pngHeader(299_000_000, 1, 1, 0), [pngChunk("IDAT", packedZeros(38_000_000))]),
  "one column of 300 million": () => pngOf(pngHeader(1, 299_000_000, 1, 0), [pngChunk("IDAT", packedZeros(MB))]),
  "a text of 200 MB (zTXt)": () =>
    pngWith([pngChunk("zTXt", Buffer.concat([Buffer.from("Comment\0\0"), packedZeros(200 * MB)]))]),
  "a thousand texts of 8 MB (iTXt)": () => {
    const text = Buffer.concat([Buffer.from("XML:com.adobe.xmp\0\u0001\0\0\0"), packedZeros(8 * MB)]);
    return pngWith(Array.from({ length: 1_000 }, () => pngChunk("iTXt", text)));
  },
  "a colour profile of 200 MB (iCCP)": () =>
    pngWith([pngChunk("iCCP", Buffer.concat([Buffer.from("icc\0\0"), packedZeros(200 * MB)]))]),
  "EXIF of 30 MB": () =>
    pngWith([
      pngChunk("eXIf", Buffer.concat([Buffer.from("II*\0\b\0\0\0\xff\xff", "latin1"), Buffer.alloc(30 * MB, 0xff)])),
    ]),
  "4 thousand million frames (acTL)": () => pngWith([pngChunk("acTL", Buffer.alloc(8, 0xff))]),
  "a million empty chunks": () => pngWith([repeated(pngChunk("teSt", Buffer.alloc(0)), 1_000_000)]),
};
