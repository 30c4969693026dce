import { type Orientation, orientationOf } from "../pixels/orientation.ts";
import { riffChunks } from "./riff-structure.ts";

/** What a WebP file says of its picture (RFC 9649), where that is one lossy picture without transparency. */
export interface WebpHeader {
  /** As it is stored. */
  readonly width: number;
  readonly height: number;
  /** The EXIF block, a TIFF structure; null = there is none. */
  readonly exif: Buffer | null;
  /** The ICC profile and the XMP packet; null = there is none. */
  readonly icc: Buffer | null;
  readonly xmp: Buffer | null;
  readonly orientation: Orientation;
}

const CHUNK_HEADER_BYTES = 8;
const EXIF_MARK = "Exif\0\0";
/** Chunks of a file that is more than a lossy picture. */
const OTHERS = ["VP8L", "ALPH", "ANIM", "ANMF"];
/** Of a key frame (RFC 6386, section 9.1), with three bytes of frame tag before them. */
const START_CODE = Buffer.from("9d012a", "hex");
const START_CODE_AT = 3;
const SIZE_AT = 6;
const HEADER_BYTES = 10;
/** The other bits say how the decoder should scale. */
const SIDE_BITS = 0x3fff;

/** The header of a lossy WebP file; null where it is anything else. */
export const readWebpHeader = (file: Buffer): WebpHeader | null => {
  if (file.length < 12 || file.toString("latin1", 0, 4) !== "RIFF" || file.toString("latin1", 8, 12) !== "WEBP")
    return null;
  let exif: Buffer | null = null;
  let icc: Buffer | null = null;
  let xmp: Buffer | null = null;
  let frame: Buffer | null = null;
  for (const { type, from, end } of riffChunks(file, file.length)) {
    const body = file.subarray(from + CHUNK_HEADER_BYTES, end);
    if (OTHERS.includes(type)) return null;
    if (type === "VP8 ") frame ??= body;
    if (type === "ICCP") icc ??= body;
    if (type === "XMP ") xmp ??= body;
    if (type === "EXIF" && exif === null)
      exif = body.toString("latin1", 0, EXIF_MARK.length) === EXIF_MARK ? body.subarray(EXIF_MARK.length) : body;
  }
  if (frame === null || frame.length < HEADER_BYTES || frame.indexOf(START_CODE) !== START_CODE_AT) return null;
  const width = frame.readUInt16LE(SIZE_AT) & SIDE_BITS;
  const height = frame.readUInt16LE(SIZE_AT + 2) & SIDE_BITS;
  if (width === 0 || height === 0) return null;
  return { width, height, exif, icc, xmp, orientation: exif === null ? 1 : orientationOf(exif) };
};
