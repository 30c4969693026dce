import { type Orientation, orientationOf } from "../pixels/orientation.ts";
import { APP1, hasMark, headerSegments, isFrame, isJpeg } from "./jpeg-segments.ts";

/** What the segments before a JPEG's picture data say. */
export interface JpegHeader {
  /** As it is stored. */
  readonly width: number;
  readonly height: number;
  /** The EXIF block, a TIFF structure; null = there is none. */
  readonly exif: Buffer | null;
  readonly orientation: Orientation;
}

const EXIF_MARK = "Exif\0\0";

/** The header of a JPEG file; null where it is another format, or has no size. */
export const readJpegHeader = (file: Buffer): JpegHeader | null => {
  if (!isJpeg(file)) return null;
  let exif: Buffer | null = null;
  let size: { readonly width: number; readonly height: number } | null = null;
  for (const { marker, body } of headerSegments(file)) {
    if (marker === APP1 && exif === null && hasMark(body, EXIF_MARK)) exif = body.subarray(EXIF_MARK.length);
    else if (isFrame(marker) && body.length >= 5) size = { width: body.readUInt16BE(3), height: body.readUInt16BE(1) };
  }
  if (size === null || size.width === 0 || size.height === 0) return null;
  return { ...size, exif, orientation: exif === null ? 1 : orientationOf(exif) };
};
