import type { PicturePixels } from "../picture-pixels.ts";
import { nativeDecodeWebp } from "./native-pixels.ts";
import { decodedPlanes, type StoredPicture } from "./native-planes.ts";

/**
 * Decodes a lossy WebP without transparency in this thread, luma and chroma as the file has them, in full range.
 * @returns null where there is no native decoder, and where the file is broken
 */
export const webpPixels = (file: Buffer, stored: StoredPicture): PicturePixels | null => {
  const decode = nativeDecodeWebp;
  return decode === null ? null : decodedPlanes(stored, (...to) => decode(file, stored.width, stored.height, ...to));
};
