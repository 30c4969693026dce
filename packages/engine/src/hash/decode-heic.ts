/// <reference path="./heic-decode.d.ts" />
import { createRequire } from "node:module";
import type { Raw } from "sharp";

/** Decoded pixels, four bytes each, already rotated for display. */
export interface DecodedPixels {
  readonly data: Uint8Array;
  readonly raw: Raw;
  /** The part of the picture, 0..1, that could be decoded. */
  readonly intact: number;
}

/** Decodes a HEIC file; null where no decoder is installed. */
export type HeicDecoder = (file: Uint8Array) => Promise<DecodedPixels | null>;

/**
 * Decodes the first picture of a HEIC (HEVC) file by libheif in WebAssembly, because sharp's libvips has
 * no HEVC for patent reasons (sharp issue 4479). heic-decode is an optional dependency (LGPL); without it
 * these pictures are reported as unsupported. Decoding blocks the thread.
 *
 * Where picture data are damaged, libheif says nothing, and leaves in the picture whatever its memory had. So every picture
 * gets an instance of its own, whose memory is zero: the same file gives the same pixels, on every machine.
 * @throws Error where the file is broken
 */
export const decodeHeic: HeicDecoder = async (file) => {
  const decoder = await installedDecoder();
  if (decoder === null) return null;
  const { data, width, height } = await decoder.decode(file, decoder.newInstance());
  const unset = unsetPixels(data);
  const isDamaged = unset.length > 0 && (await isUndefined(unset, file, decoder));
  return {
    data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    raw: { width, height, channels: 4 },
    intact: isDamaged ? 1 - unset.length / (width * height) : 1,
  };
};

/** The parts of an instance of libheif that are used here. */
interface Libheif {
  _malloc(bytes: number): number;
  _free(address: number): void;
  /** The memory; another array after it has grown. */
  readonly HEAPU8: Uint8Array;
}

const installedDecoder = async () => {
  const decoderOf = await import("heic-decode/lib.js").then(
    (module) => module.default,
    () => null,
  );
  if (decoderOf === null) return null;
  // It is a dependency of heic-decode, and found from there.
  const requireOfDecoder = createRequire(createRequire(import.meta.url).resolve("heic-decode"));
  const newInstance: () => Libheif = requireOfDecoder("libheif-js/libheif-wasm/libheif-bundle.js");
  return {
    newInstance,
    decode: (buffer: Uint8Array, instance: Libheif) => decoderOf(instance).one({ buffer }),
  };
};

/** Green of a pixel whose luma and colours are 0, as memory is that nothing was written to; no colour of RGB is stored so. */
const LEAST_UNSET_GREEN = 130;
const MOST_UNSET_GREEN = 160;

/** Offsets of pixels that look as if they were never written. */
const unsetPixels = (data: Uint8ClampedArray): number[] => {
  const unset: number[] = [];
  for (let at = 0; at < data.length; at += 4) {
    const green = data[at + 1] ?? 0;
    if (data[at] === 0 && data[at + 2] === 0 && green >= LEAST_UNSET_GREEN && green <= MOST_UNSET_GREEN) unset.push(at);
  }
  return unset;
};

const FILLED_BYTES = 4_194_304;
const FILLED_PARTS = 32;

/** Whether these pixels differ when memory was not zero before: a picture may also be green there. */
const isUndefined = async (
  unset: readonly number[],
  file: Uint8Array,
  decoder: NonNullable<Awaited<ReturnType<typeof installedDecoder>>>,
): Promise<boolean> => {
  const instance = decoder.newInstance();
  const parts = Array.from({ length: FILLED_PARTS }, () => instance._malloc(FILLED_BYTES));
  for (const part of parts) instance.HEAPU8.fill(0xa5, part, part + FILLED_BYTES);
  for (const part of parts) instance._free(part);
  const { data } = await decoder.decode(file, instance);
  return unset.some((at) => data[at] !== 0 || data[at + 2] !== 0);
};
