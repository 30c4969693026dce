import { CHROMA_SIDE, type PicturePixels } from "../picture-pixels.ts";
import type { JpegHeader } from "../structure/jpeg-header.ts";
import { nativeDecodeJpeg } from "./native-pixels.ts";
import { isTransposed, turnPlane } from "./orientation.ts";
import { decodeShrink, workingSize } from "./working-size.ts";

/**
 * Decodes a plain JPEG (8 bits, grey or YCbCr, Huffman codes) in this thread, luma and chroma as the file has them.
 * @returns null where there is no native decoder, for any other JPEG, and where the decoder warns of anything
 */
export const jpegPixels = (file: Buffer, stored: JpegHeader): PicturePixels | null => {
  if (nativeDecodeJpeg === null) return null;
  const { width, height } = workingSize(stored);
  const luma = new Uint8Array(width * height);
  const cb = new Uint8Array(CHROMA_SIDE * CHROMA_SIDE);
  const cr = new Uint8Array(CHROMA_SIDE * CHROMA_SIDE);
  const shrink = decodeShrink(stored);
  if (!nativeDecodeJpeg(file, shrink, luma, width, height, cb, cr, CHROMA_SIDE)) return null;
  const turn = (plane: Uint8Array, across: number, down: number) => turnPlane(plane, across, down, stored.orientation);
  const isTurned = isTransposed(stored.orientation);
  return {
    width: isTurned ? height : width,
    height: isTurned ? width : height,
    luma: turn(luma, width, height),
    cb: turn(cb, CHROMA_SIDE, CHROMA_SIDE),
    cr: turn(cr, CHROMA_SIDE, CHROMA_SIDE),
    sourceWidth: isTurned ? stored.height : stored.width,
    sourceHeight: isTurned ? stored.width : stored.height,
  };
};
