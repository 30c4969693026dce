import { createHash, hash } from "node:crypto";
import { PICTURE_DIGEST_BYTES } from "@lookalike/shared/domain/image/hash-block";
import { gifBlocks, gifHeaderBytes } from "./structure/gif-structure.ts";
import { fileItems } from "./structure/item-boxes.ts";
import { APP2, headerSegments, MARKER } from "./structure/jpeg-segments.ts";
import { pngChunks } from "./structure/png-structure.ts";
import { riffChunks } from "./structure/riff-structure.ts";
import { DATA_OFFSETS, TiffDirectories } from "./structure/tiff-directories.ts";

/**
 * Digest of what a file shows, whatever its metadata says: two files with equal ones are one picture, of which one was
 * given another rating, time or place. Of the coded data of JPEG, PNG, WebP, GIF, TIFF and AVIF, and of the decoded pixels
 * of HEIC, BMP and JPEG XL.
 * @param orientation of EXIF: it changes what is shown
 * @param pixels of a picture whose container is not read here
 * @returns null for other formats, and for a file whose parts do not fit
 */
export const pictureDigest = (
  file: Buffer,
  { format, orientation = 1 }: { readonly format: string; readonly orientation?: number | undefined },
  pixels: Uint8Array | null,
): Uint8Array | null => {
  const parts = pixels === null ? readableParts(file, format) : [pixels];
  if (parts === null) return null;
  return new Uint8Array(digestOf(orientation, parts).subarray(0, PICTURE_DIGEST_BYTES));
};

/** Parts that are together at most so long are put beside each other before they are digested. */
const JOINED_BYTES = 262_144;
const joined = Buffer.allocUnsafeSlow(JOINED_BYTES);

const digestOf = (orientation: number, parts: readonly Uint8Array[]): Buffer => {
  let length = 1;
  for (const part of parts) length += part.length;
  if (length > JOINED_BYTES) {
    const digest = createHash("sha256").update(Uint8Array.of(orientation));
    for (const part of parts) digest.update(part);
    return digest.digest();
  }
  // One call for all is several times as fast as a stream, which is an object with events.
  joined[0] = orientation;
  let at = 1;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return hash("sha256", joined.subarray(0, length), "buffer");
};

const readableParts = (file: Buffer, format: string): Uint8Array[] | null => {
  try {
    return codedParts(file, format);
  } catch (error) {
    // An offset in the file that is outside it.
    if (error instanceof RangeError) return null;
    throw error;
  }
};

const codedParts = (file: Buffer, format: string): Uint8Array[] | null => {
  switch (format) {
    case "jpeg":
      return jpegParts(file);
    case "png":
      return pngParts(file);
    case "webp":
      return webpParts(file);
    case "gif":
      return gifParts(file);
    case "tiff":
      return tiffParts(file);
    case "heif":
      return itemParts(file);
    default:
      return null;
  }
};

const APP0 = 0xe0;
const APP14 = 0xee;
const APP15 = 0xef;
const COMMENT = 0xfe;
const COLOUR_PROFILE = "ICC_PROFILE";

/** All segments but comments and application data other than the colour's, and all that follows them (ITU T.81, annex B). */
const jpegParts = (file: Buffer): Uint8Array[] | null => {
  const parts: Uint8Array[] = [];
  for (const segment of headerSegments(file)) {
    const { marker, from, to } = segment;
    if (marker === MARKER.startOfScan) {
      parts.push(file.subarray(from));
      return parts;
    }
    const isColour = marker === APP14 || (marker === APP2 && segment.has(COLOUR_PROFILE));
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

const GIF_SIGNATURE_BYTES = 6;
const GIF_COMMENT = 0xfe;
const GIF_APPLICATION = 0xff;
const XMP_APPLICATION = "XMP DataXMP";

/** The screen, all blocks but comments and XMP, and what follows the last one. A comment makes 89a of version 87a. */
const gifParts = (file: Buffer): Uint8Array[] | null => {
  const parts = [file.subarray(GIF_SIGNATURE_BYTES, gifHeaderBytes(file))];
  for (const { kind, from, end } of gifBlocks(file)) {
    if (kind === "cut" || kind === "unknown") return null;
    const label = kind === "extension" ? file[from + 1] : null;
    const isXmp =
      label === GIF_APPLICATION &&
      file.toString("latin1", from + 3, from + 3 + XMP_APPLICATION.length) === XMP_APPLICATION;
    if (label !== GIF_COMMENT && !isXmp) parts.push(file.subarray(from, kind === "trailer" ? file.length : end));
  }
  return parts;
};

/**
 * Tags that say something about a page, and do not change what it shows: texts, times, makers, resolution, XMP, IPTC, EXIF, GPS,
 * and what Photoshop and Windows add.
 */
const TIFF_METADATA = new Set([
  269, 270, 271, 272, 282, 283, 285, 296, 305, 306, 315, 316, 700, 18246, 18249, 33432, 33723, 34377, 34665, 34853,
  40091, 40092, 40093, 40094, 40095, 40965, 50341,
]);
/** Other directories (SubIFDs), and data at an offset that no size belongs to (JPEG of TIFF 6.0). */
const TIFF_ELSEWHERE = new Set([330, 513, 519, 520, 521]);
const TIFF_DIRECTORY_TYPE = 13;
/** Of a tag, a type and a count. */
const TIFF_ENTRY_HEAD_BYTES = 8;

/** All tags of each page but metadata, and its strips or tiles, wherever they are. */
const tiffParts = (file: Buffer): Uint8Array[] | null => {
  const directories = new TiffDirectories(file);
  const parts = new Parts(file);
  parts.add(file.subarray(0, 4));
  for (const page of directories.pages()) {
    const data = page === null ? null : directories.data(page);
    if (page === null || data === null || data.some(({ end }) => end > file.length)) return null;
    for (const { tag, type, at, values } of page) {
      if (TIFF_METADATA.has(tag)) continue;
      if (TIFF_ELSEWHERE.has(tag) || type === TIFF_DIRECTORY_TYPE || values === null || values.end > file.length)
        return null;
      parts.add(file.subarray(at, at + TIFF_ENTRY_HEAD_BYTES));
      if (!DATA_OFFSETS.includes(tag)) parts.add(file.subarray(values.from, values.end));
    }
    for (const { from, end } of data) parts.add(file.subarray(from, end));
  }
  return directories.areShared ? null : parts.list;
};

/** Items of AVIF that are metadata: EXIF, XMP (of type mime), and addresses. */
const METADATA_ITEMS = new Set(["Exif", "mime", "uri "]);

/** All items but metadata, and how they are shown. */
const itemParts = (file: Buffer): Uint8Array[] | null => {
  const found = fileItems(file);
  if (found === null) return null;
  const parts = new Parts(file);
  for (const part of found.descriptions) parts.add(part);
  for (const { id, type, data } of found.items) {
    if (METADATA_ITEMS.has(type)) continue;
    parts.add(Buffer.from(`${id} ${type}`));
    for (const part of data) parts.add(part);
  }
  return parts.list;
};

const MAX_PARTS = 200_000;

/**
 * Parts of a file that says where its parts are: a small one could name the same megabytes thousands of times.
 * @throws RangeError where they are too many, or together longer than a file that uses each of its parts once
 */
class Parts {
  readonly list: Uint8Array[] = [];
  #bytesLeft: number;

  constructor(file: Buffer) {
    this.#bytesLeft = 2 * file.length;
  }

  add(part: Uint8Array): void {
    this.#bytesLeft -= part.length;
    if (this.#bytesLeft < 0 || this.list.length >= MAX_PARTS) throw new RangeError("its parts are too many");
    this.list.push(part);
  }
}
