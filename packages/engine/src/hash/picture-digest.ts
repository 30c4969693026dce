import { createHash } from "node:crypto";
import { PICTURE_DIGEST_BYTES } from "@lookalike/shared/domain/image/hash-block";

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
  try {
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
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
};

const MARKER = 0xff;
const START_OF_SCAN = 0xda;
const APP0 = 0xe0;
const APP2 = 0xe2;
const APP14 = 0xee;
const APP15 = 0xef;
const COMMENT = 0xfe;
const COLOUR_PROFILE = "ICC_PROFILE";

/** All segments but comments and application data other than the colour's, and all that follows them (ITU T.81, annex B). */
const jpegParts = (file: Buffer): Uint8Array[] | null => {
  const parts: Uint8Array[] = [];
  for (let from = 2; ; ) {
    if (file.readUInt8(from) !== MARKER) return null;
    const marker = file.readUInt8(from + 1);
    if (marker === START_OF_SCAN) return [...parts, file.subarray(from)];
    if (marker === MARKER) {
      from += 1;
      continue;
    }
    const end = from + 2 + file.readUInt16BE(from + 2);
    const segment = file.subarray(from, end);
    const isColour =
      marker === APP14 ||
      (marker === APP2 && segment.toString("latin1", 4, 4 + COLOUR_PROFILE.length) === COLOUR_PROFILE);
    const isMetadata = marker === COMMENT || (marker >= APP0 && marker <= APP15);
    if (isColour || !isMetadata) parts.push(segment);
    from = end;
  }
};

const PNG_SIGNATURE_BYTES = 8;
const PNG_METADATA = new Set(["tEXt", "zTXt", "iTXt", "eXIf", "tIME", "pHYs"]);

/** The data of all chunks that are not metadata; where it is divided does not matter (PNG, section 5.3). */
const pngParts = (file: Buffer): Uint8Array[] => {
  const parts: Uint8Array[] = [];
  for (let from = PNG_SIGNATURE_BYTES; from < file.length; ) {
    const type = file.toString("latin1", from + 4, from + 8);
    const data = from + 8;
    const end = data + file.readUInt32BE(from);
    if (!PNG_METADATA.has(type)) parts.push(file.subarray(type === "IDAT" ? data : from + 4, end));
    if (type === "IEND") return [...parts, file.subarray(end)];
    from = end + 4;
  }
  return parts;
};

const RIFF_HEADER_BYTES = 12;
/** VP8X says which metadata there is. */
const WEBP_METADATA = new Set(["EXIF", "XMP ", "VP8X"]);

/** All chunks that are not metadata (RFC 9649). */
const webpParts = (file: Buffer): Uint8Array[] => {
  const parts: Uint8Array[] = [];
  for (let from = RIFF_HEADER_BYTES; from + 8 <= file.length; ) {
    const size = file.readUInt32LE(from + 4);
    const end = from + 8 + size + (size & 1);
    if (!WEBP_METADATA.has(file.toString("latin1", from, from + 4))) parts.push(file.subarray(from, end));
    from = end;
  }
  return parts;
};
