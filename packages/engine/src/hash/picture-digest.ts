import { createHash } from "node:crypto";
import { PICTURE_DIGEST_BYTES } from "@lookalike/shared/domain/image/hash-block";
import { headerSegments, MARKER } from "./structure/jpeg-segments.ts";
import { pngChunks } from "./structure/png-structure.ts";
import { riffChunks } from "./structure/riff-structure.ts";

/**
 * Digest of what a file shows, whatever its metadata says: two files with equal ones are one picture, of which one was
 * given another rating, time or place. Of the coded data of JPEG, PNG and WebP, and of the decoded pixels of HEIC.
 * @param orientation of EXIF: it changes what is shown
 * @param pixels of a picture whose container is not read here
 * @returns null for other formats, and for a file whose parts do not fit
 */
export const pictureDigest = (
  file: Buffer,
  { format, orientation = 1 }: { readonly format: string; readonly orientation?: number | undefined },
  pixels: Uint8Array | null,
): Uint8Array | null => {
  const parts = pixels === null ? codedParts(file, format) : [pixels];
  if (parts === null) return null;
  const digest = createHash("sha256").update(Uint8Array.of(orientation));
  for (const part of parts) digest.update(part);
  return new Uint8Array(digest.digest().subarray(0, PICTURE_DIGEST_BYTES));
};

const codedParts = (file: Buffer, format: string): Uint8Array[] | null => {
  switch (format) {
    case "jpeg":
      return jpegParts(file);
    case "png":
      return pngParts(file);
    case "webp":
      return webpParts(file);
    default:
      return null;
  }
};

const APP0 = 0xe0;
const APP2 = 0xe2;
const APP14 = 0xee;
const APP15 = 0xef;
const COMMENT = 0xfe;
const COLOUR_PROFILE = "ICC_PROFILE";

/** All segments but comments and application data other than the colour's, and all that follows them (ITU T.81, annex B). */
const jpegParts = (file: Buffer): Uint8Array[] | null => {
  const parts: Uint8Array[] = [];
  for (const { marker, from, to, body } of headerSegments(file)) {
    if (marker === MARKER.startOfScan) return [...parts, file.subarray(from)];
    const isColour =
      marker === APP14 || (marker === APP2 && body.toString("latin1", 0, COLOUR_PROFILE.length) === COLOUR_PROFILE);
    const isMetadata = marker === COMMENT || (marker >= APP0 && marker <= APP15);
    if (isColour || !isMetadata) parts.push(file.subarray(from, to));
  }
  return null;
};

const PNG_METADATA = new Set(["tEXt", "zTXt", "iTXt", "eXIf", "tIME", "pHYs"]);

/** The data of all chunks that are not metadata, and what follows them; where the data is divided does not matter. */
const pngParts = (file: Buffer): Uint8Array[] | null => {
  const parts: Uint8Array[] = [];
  for (const { type, from, data, end } of pngChunks(file)) {
    if (!PNG_METADATA.has(type)) parts.push(file.subarray(type === "IDAT" ? data : from, end));
    if (type === "IEND") return [...parts, file.subarray(end)];
  }
  return null;
};

/** VP8X says which metadata there is. */
const WEBP_METADATA = new Set(["EXIF", "XMP ", "VP8X"]);

/** All chunks that are not metadata (RFC 9649). */
const webpParts = (file: Buffer): Uint8Array[] =>
  [...riffChunks(file, file.length)]
    .filter(({ type }) => !WEBP_METADATA.has(type))
    .map(({ from, end }) => file.subarray(from, end));
