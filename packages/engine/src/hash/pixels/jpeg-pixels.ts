import type { PicturePixels } from "../picture-pixels.ts";
import { nativeDecodeJpeg } from "./native-pixels.ts";
import { decodedPlanes, type StoredPicture } from "./native-planes.ts";
import { decodeShrink } from "./working-size.ts";

/**
 * Decodes a plain JPEG (8 bits, grey or YCbCr, Huffman codes) in this thread, luma and chroma as the file has them.
 * @returns null where there is no native decoder, for any other JPEG, and where the decoder warns of anything
 */
export const jpegPixels = (file: Buffer, stored: StoredPicture): PicturePixels | null => {
  const decode = nativeDecodeJpeg;
  return decode === null ? null : decodedPlanes(stored, (...to) => decode(file, decodeShrink(stored), ...to));
};
