/// <reference path="./heic-decode.d.ts" />
import type { Raw } from "sharp";

/** Pixels as a decoder gives them, four bytes each, turned as they are seen. */
export interface DecodedPixels {
  readonly data: Uint8Array;
  readonly raw: Raw;
}

/** Gives the pixels of a HEIC file; null where nothing here can. */
export type HeicDecoder = (file: Uint8Array) => Promise<DecodedPixels | null>;

/**
 * Decodes a HEIC (HEVC) picture, the first of its file, by libheif in WebAssembly: sharp's own
 * libvips comes without HEVC for its patents (sharp issue 4479). heic-decode is an optional
 * dependency, LGPL; without it these pictures are reported as unsupported. It takes the thread.
 * @throws where the file is broken
 */
export const decodeHeic: HeicDecoder = async (file) => {
  const decode = await import("heic-decode").then(
    (module) => module.default,
    () => null,
  );
  if (decode === null) return null;
  const { data, width, height } = await decode({ buffer: file });
  return {
    data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    raw: { width, height, channels: 4 },
  };
};
