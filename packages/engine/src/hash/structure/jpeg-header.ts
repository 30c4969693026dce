import { type Orientation, orientationOf } from "../pixels/orientation.ts";
import { APP1, headerSegments, isFrame, isJpeg } from "./jpeg-segments.ts";

/** What the segments before a JPEG's picture data say. */
export interface JpegHeader {
  /** As it is stored. */
  readonly width: number;
  readonly height: number;
  /** Whether its coefficients come in several scans, so that a decoder has all of them in memory. */
  readonly isProgressive: boolean;
  /** The EXIF block, a TIFF structure; null = there is none. */
  readonly exif: Buffer | null;
  readonly orientation: Orientation;
}

const EXIF_MARK = "Exif\0\0";
/** Bits of a frame's marker that say how its coefficients are coded (ITU T.81, table B.1). */
const PROCESS_BITS = 3;
const PROGRESSIVE = 2;
/** A frame's marker, length, bits of a sample, height and width. */
const FRAME_BYTES = 9;

/** The header of a JPEG file; null where it is another format, or has no size. */
export const readJpegHeader = (file: Buffer): JpegHeader | null => {
  if (!isJpeg(file)) return null;
  let exif: Buffer | null = null;
  let frame: Pick<JpegHeader, "width" | "height" | "isProgressive"> | null = null;
  for (const segment of headerSegments(file)) {
    const { marker } = segment;
    if (marker === APP1 && exif === null) exif = segment.dataAfter(EXIF_MARK);
    else if (isFrame(marker) && segment.to - segment.from >= FRAME_BYTES)
      frame = {
        width: file.readUInt16BE(segment.from + 7),
        height: file.readUInt16BE(segment.from + 5),
        isProgressive: (marker & PROCESS_BITS) === PROGRESSIVE,
      };
  }
  if (frame === null || frame.width === 0 || frame.height === 0) return null;
  return { ...frame, exif, orientation: exif === null ? 1 : orientationOf(exif) };
};
