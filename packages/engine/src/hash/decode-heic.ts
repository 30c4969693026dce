/// <reference path="./heic-decode.d.ts" />
import type { Raw } from "sharp";

/** Decoded pixels, four bytes each, already rotated for display. */
export interface DecodedPixels {
  readonly data: Uint8Array;
  readonly raw: Raw;
}

/** Decodes a HEIC file; null where no decoder is installed. */
export type HeicDecoder = (file: Uint8Array) => Promise<DecodedPixels | null>;

/**
 * Decodes the first picture of a HEIC (HEVC) file by libheif in WebAssembly, because sharp's libvips has
 * no HEVC for patent reasons (sharp issue 4479). heic-decode is an optional dependency (LGPL); without it
 * these pictures are reported as unsupported. Decoding blocks the thread.
 * @throws Error where the file is broken
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
