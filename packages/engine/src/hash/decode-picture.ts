import { failed, type Outcome } from "@lookalike/shared/domain/image/hash-block";
import sharp, { type Metadata } from "sharp";
import { decodeByLibrary, type LibraryDecoder, libraryFormat, librarySize } from "./decode-by-library.ts";
import { type PicturePixels, WORKING_SIDE } from "./picture-pixels.ts";
import { jpegPixels } from "./pixels/jpeg-pixels.ts";
import { sharpPixels } from "./pixels/sharp-pixels.ts";
import { webpPixels } from "./pixels/webp-pixels.ts";
import { decodeShrink, workingSize } from "./pixels/working-size.ts";
import { type JpegHeader, readJpegHeader } from "./structure/jpeg-header.ts";
import { readScans } from "./structure/jpeg-scans.ts";
import { isJpeg } from "./structure/jpeg-segments.ts";
import type { Structure } from "./structure/structure.ts";
import { readWebpHeader } from "./structure/webp-header.ts";

export interface HashLimits {
  /** Pixels of the decoded image; a larger one is refused before decoding. */
  readonly maxPixels: number;
  readonly timeoutSeconds: number;
  /** Local features that are taken from a picture, at most; 0 = none. */
  readonly features: number;
  /** Left out: what libvips can't decode is decoded in this thread, which it blocks. */
  readonly decodeByLibrary?: LibraryDecoder;
}

/** Waits until so many pixels may be decoded, those that were reserved for the picture before not counted. */
export type ReservePixels = (pixels: number) => Promise<void>;

export interface DecodedPicture {
  readonly pixels: PicturePixels;
  /** All of its pixels, where they were decoded by a library other than sharp. */
  readonly whole: Uint8Array | null;
  readonly metadata: PictureMetadata;
  /** The part of the picture, 0..1, that is known to be there. */
  readonly intact: number;
  readonly format: string;
}

/** What its container says of a picture; `pages` that the decoder counts. */
export type PictureMetadata = Pick<Metadata, "format" | "orientation" | "exif" | "icc" | "xmp" | "pages">;

/** At which fault sharp stops: any, or one that may have made a part of the picture wrong, or none. */
type FailOn = "warning" | "error" | "none";

/** A picture with a smaller part of its picture than this is not hashed: what is missing would be most of the hash. */
const LEAST_INTACT = 0.5;

/**
 * Decodes a picture, if need be less strictly, and says what is wrong with the file. Decoders warn of harmless things, too, so a
 * warning is only the reason to look at the file itself; a JPEG that the strict decoder refuses is shown by every viewer.
 */
export const decodePicture = async (
  file: Buffer,
  structure: Structure | null,
  limits: HashLimits,
  reserve: ReservePixels | undefined,
): Promise<{ decoded: DecodedPicture | Outcome; damaged: string | null }> => {
  const damaged = structure?.fault?.text ?? null;
  try {
    const decoded = (await decodeNatively(file, limits, reserve)) ?? (await decode(file, "warning", limits, reserve));
    const isWhole = "kind" in decoded || decoded.intact === 1;
    return { decoded, damaged: damaged ?? (isWhole ? null : "a part of its picture data cannot be decoded") };
  } catch (error) {
    if (isFinal(error)) throw error;
    const found = isJpeg(file) ? readScans(file) : null;
    if (found === null) return { decoded: await decode(file, "error", limits, reserve), damaged };
    if (found.intact < LEAST_INTACT) throw error;
    return { decoded: await decode(file, "none", limits, reserve), damaged: damaged ?? found.fault };
  }
};

/** Decodes a sound JPEG or WebP without sharp, which takes several times as long where a picture is small; null for every other file. */
const decodeNatively = async (
  file: Buffer,
  { maxPixels }: HashLimits,
  reserve: ReservePixels | undefined,
): Promise<DecodedPicture | null> => {
  const jpeg = readJpegHeader(file);
  const webp = jpeg === null ? readWebpHeader(file) : null;
  const header = jpeg ?? webp;
  if (header === null || header.width * header.height > maxPixels) return null;
  const format = jpeg === null ? "webp" : "jpeg";
  await reserve?.(jpeg === null ? header.width * header.height : decodedPixels(jpeg, jpeg.isProgressive));
  const pixels = jpeg === null ? webpPixels(file, header) : jpegPixels(file, jpeg);
  if (pixels === null) return null;
  const metadata = {
    format,
    orientation: header.orientation,
    exif: header.exif ?? undefined,
    icc: webp?.icc ?? undefined,
    xmp: webp?.xmp ?? undefined,
  } as const;
  return { pixels, whole: null, metadata, format, intact: 1 };
};

const decode = async (
  file: Buffer,
  failOn: FailOn,
  limits: HashLimits,
  reserve: ReservePixels | undefined,
): Promise<DecodedPicture | Outcome> => {
  const format = libraryFormat(file);
  if (format !== null) return decodeOther(file, { ...librarySize(file), format }, limits, reserve);
  const read = sharp(file, { limitInputPixels: limits.maxPixels, failOn });
  const metadata = await read.metadata();
  if (metadata.compression === "hevc")
    return decodeOther(file, { ...metadata, format: "heic" }, limits, reserve, metadata);
  const raw = metadata.format === "tiff" ? await rawFormat(file) : null;
  if (raw !== null) return failed("unsupported", `camera raw (${raw}): libvips would read its preview alone`);
  const isShrunk =
    (metadata.format === "jpeg" && decodeShrink(metadata) > 1) ||
    (metadata.format === "webp" && Math.max(metadata.width, metadata.height) > WORKING_SIDE);
  await reserve?.(
    isShrunk && metadata.format === "jpeg"
      ? decodedPixels(metadata, metadata.isProgressive === true)
      : metadata.width * metadata.height,
  );
  const { width: sourceWidth, height: sourceHeight } = metadata.autoOrient;
  const working = workingSize(metadata.autoOrient);
  const image = isShrunk ? read.resize(working.width, working.height, { fit: "fill", kernel: "cubic" }) : read;
  const pixels = { ...(await sharpPixels(image, limits.timeoutSeconds)), sourceWidth, sourceHeight };
  const named = metadata.compression === "av1" ? "avif" : metadata.format;
  return { pixels, whole: null, metadata, format: named, intact: 1 };
};

// Libraries for what few files have are loaded with the first such file, because each thread would load them at its start.

/** The kind of camera raw that a TIFF file is; null where it is none. */
const rawFormat = async (file: Buffer): Promise<string | null> => {
  const { fileTypeFromBuffer } = await import("file-type");
  const type = await fileTypeFromBuffer(file);
  return type === undefined || type.ext === "tif" ? null : type.ext.toUpperCase();
};

/**
 * Decodes a format that libvips has no decoder for.
 * @param known its metadata, which libvips reads of HEIC; left out: there are none but those of the pixels
 */
const decodeOther = async (
  file: Buffer,
  { width, height, format }: { readonly width: number; readonly height: number; readonly format: string },
  limits: HashLimits,
  reserve: ReservePixels | undefined,
  known?: Metadata,
): Promise<DecodedPicture | Outcome> => {
  if (width * height > limits.maxPixels)
    return failed("too-many-pixels", `${width} x ${height} is over the pixel limit`);
  await reserve?.(width * height);
  const picture = await (limits.decodeByLibrary ?? decodeByLibrary)(file);
  // The decoders of the other formats are always installed.
  if (picture === null) return failed("unsupported", "HEIC: the optional package heic-decode is not installed");
  const { data, raw, intact } = picture;
  if (intact < LEAST_INTACT) return failed("corrupt", "most of its picture data cannot be decoded");
  const image = sharp(data, { raw });
  const metadata = known ?? (await image.metadata());
  return { pixels: await sharpPixels(image, limits.timeoutSeconds), whole: data, metadata, format, intact };
};

/**
 * Pixels of a JPEG that are decoded: of its size, or an eighth, a quarter or half of it. The coefficients of a progressive one take as many bytes
 * as all of its pixels.
 */
const decodedPixels = (size: Pick<JpegHeader, "width" | "height">, isProgressive: boolean): number =>
  (size.width * size.height) / (isProgressive ? 1 : decodeShrink(size) ** 2);

/** Sharp's own words, not libvips'. */
export const TOO_MANY_PIXELS = /^Input (buffer|image) exceeds pixel limit/;
export const NO_PICTURE = /^Input buffer contains unsupported image format/;
const TIMEOUT = /^timeout/;
/** Of libvips and the libraries in it, of V8, and of WebAssembly; but libheif says it of files that exceed its limits, too. */
export const NO_MEMORY =
  /^(?!.*security limit).*(out of memory|memory allocation|allocation failed|invalid typed array length|enlarge memory)/is;

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : "");

/** Whether a less strict attempt would fail, too. */
const isFinal = (error: unknown): boolean =>
  [TOO_MANY_PIXELS, NO_PICTURE, TIMEOUT, NO_MEMORY].some((words) => words.test(messageOf(error)));
