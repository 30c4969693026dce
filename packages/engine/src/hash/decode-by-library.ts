/// <reference path="./jxl-decode.d.ts" />
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { BmpCompression, decode as readBmp } from "bmp-ts";
import { imageSize } from "image-size";
import { type DecodedPixels, decodeHeic } from "./decode-heic.ts";

/** Decodes a file of a format that sharp's libvips can't; null where no decoder is installed. */
export type LibraryDecoder = (file: Uint8Array) => Promise<DecodedPixels | null>;

/** Formats other than HEIC that sharp's libvips has no decoder for, and a library has. */
type LibraryFormat = "bmp" | "jxl";

/** A bare codestream, and one in a container (ISO/IEC 18181-2). */
const JXL_STARTS = [Buffer.from("ff0a", "hex"), Buffer.from("0000000c4a584c200d0a870a", "hex")];
/** The lengths of the header that the versions of BMP have. */
const BMP_HEADERS = new Set([12, 40, 52, 56, 64, 108, 124]);

/** The format of a file that sharp can't read and {@link decodeByLibrary} can; null for every other file. */
export const libraryFormat = (file: Buffer): LibraryFormat | null => {
  if (JXL_STARTS.some((start) => file.subarray(0, start.length).equals(start))) return "jxl";
  return file.length >= 26 && file.toString("latin1", 0, 2) === "BM" && BMP_HEADERS.has(file.readUInt32LE(14))
    ? "bmp"
    : null;
};

/** Width and height of such a file, without decoding it. @throws TypeError where its header is broken */
export const librarySize = (file: Buffer): { readonly width: number; readonly height: number } => {
  const { width, height } = imageSize(file);
  return { width: Math.abs(width), height: Math.abs(height) };
};

/** Decodes HEIC, BMP or JPEG XL by a library for it, which blocks the thread. @throws Error where the file is broken */
export const decodeByLibrary: LibraryDecoder = async (bytes) => {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (libraryFormat(file)) {
    case "bmp":
      return decodeBmp(file);
    case "jxl":
      return decodeJxl(file);
    case null:
      return decodeHeic(file);
  }
};

const BITS_PER_BYTE = 8;

/** The decoder reads what is missing at the end as black, and knows no transparency that programs agree about. */
const decodeBmp = (file: Buffer): DecodedPixels => {
  if (leastBmpBytes(file) > file.length) throw new Error("unexpected end: the file ends before the picture does");
  const { data, width, height } = readBmp(file, { toRGBA: true });
  for (let alpha = 3; alpha < data.length; alpha += 4) data[alpha] = 255;
  return { data, raw: { width, height: Math.abs(height), channels: 4 }, intact: 1 };
};

/** Bits of a pixel that the decoder knows; it reads all others as 32. */
const BMP_BITS = [1, 4, 8, 16, 24];
/** Runs may leave out any part of the picture. */
const BMP_RUNS: readonly number[] = [BmpCompression.BI_RLE8, BmpCompression.BI_RLE4];

/** How many bytes a BMP file with this header has at least: a header alone may pretend a picture that fills the memory. */
const leastBmpBytes = (file: Buffer): number => {
  if (BMP_RUNS.includes(file.readUInt32LE(30))) return 0;
  const { width, height } = librarySize(file);
  const bits = file.readUInt16LE(28);
  const bytesPerRow = Math.ceil((width * (BMP_BITS.includes(bits) ? bits : 32)) / 32) * (32 / BITS_PER_BYTE);
  return file.readUInt32LE(10) + bytesPerRow * height;
};

/** The part of the WebAssembly API in use: TypeScript has it only with all of the DOM's types. */
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>;
  Instance: new (module: object, imports: object) => { readonly exports: object };
};

/** libjxl, compiled when it is first needed. */
let jxlProgram: Promise<object> | null = null;

const readJxlProgram = async (): Promise<object> =>
  WebAssembly.compile(await readFile(createRequire(import.meta.url).resolve("@jsquash/jxl/codec/dec/jxl_dec.wasm")));

/** What the decoder makes of its result, which browsers have. */
class Pixels {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;

  constructor(data: Uint8ClampedArray, width: number, height: number) {
    this.data = data;
    this.width = width;
    this.height = height;
  }
}

/** libjxl in WebAssembly. A decoder is used for one file: a broken one may leave its memory in any state. */
const decodeJxl = async (file: Buffer): Promise<DecodedPixels> => {
  Object.assign(globalThis, { ImageData: Pixels });
  const { default: createDecoder } = await import("@jsquash/jxl/codec/dec/jxl_dec.js");
  jxlProgram ??= readJxlProgram();
  const program = await jxlProgram;
  const decoder = await createDecoder({
    noInitialRun: true,
    instantiateWasm(imports, done) {
      const instance = new WebAssembly.Instance(program, imports);
      done(instance);
      return instance.exports;
    },
  });
  const pixels: Pixels | null = decoder.decode(file);
  if (pixels === null) throw new Error("libjxl can't decode it");
  const { data, width, height } = pixels;
  return {
    data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    raw: { width, height, channels: 4 },
    intact: 1,
  };
};
