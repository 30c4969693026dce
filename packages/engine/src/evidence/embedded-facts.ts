import { fileItems } from "../hash/structure/item-boxes.ts";
import {
  APP1,
  APP2,
  applicationData,
  headerSegments,
  isJpeg,
  MARKER,
  MULTI_PICTURE_MARK,
} from "../hash/structure/jpeg-segments.ts";
import type { Structure } from "../hash/structure/structure.ts";
import { TiffDirectories } from "../hash/structure/tiff-directories.ts";
import { profileName } from "./profile-name.ts";

/** What else a picture's file contains. */
export interface EmbeddedFacts {
  /** The film of a motion photo. */
  readonly film: boolean;
  /** A small copy of the picture in its EXIF block: an editor that forgets it leaves the picture as it was before. */
  readonly preview: boolean;
  /** A map with which a screen of high dynamic range shows the picture brighter (ISO 21496-1, and Adobe's and Apple's before it). */
  readonly gainMap: boolean;
  /** The name of its ICC profile; null = it has none. */
  readonly profile: string | null;
}

/**
 * What a file contains besides its picture.
 * @param structure what {@link readStructure} returned
 * @param exif its EXIF block, with or without JPEG's header
 * @param profile its ICC profile; null = it has none, or is a JPEG, whose profile is read from the file
 */
export const embeddedFacts = (
  file: Buffer,
  structure: Structure | null,
  exif: Buffer | null,
  profile: Buffer | null,
): EmbeddedFacts => {
  const icc = profile ?? jpegProfile(file);
  return {
    film: structure?.hasFilm ?? false,
    preview: exif !== null && hasPreview(exif),
    gainMap: isJpeg(file) ? hasJpegMap(file) : hasItemMap(file),
    profile: icc === null ? null : profileName(icc),
  };
};

const PREVIEW_OFFSET = 513;

/** The second directory of an EXIF block describes the preview (CIPA DC-008, section 4.5.4). */
const hasPreview = (exif: Buffer): boolean => {
  try {
    const directories = new TiffDirectories(exif.subarray(exif.toString("latin1", 0, 4) === "Exif" ? 6 : 0));
    const [, second] = [...directories.pages()];
    return second?.some(({ tag }) => tag === PREVIEW_OFFSET) ?? false;
  } catch (error) {
    // An offset in the block that is outside it.
    if (error instanceof RangeError) return false;
    throw error;
  }
};

const PROFILE_MARK = "ICC_PROFILE\0";
/** The part's number and how many parts there are. */
const PART_BYTES = 2;
const MAPS = ["hdrgm:", "urn:iso:std:iso:ts:21496", "HDRGainMap", "hdrgainmap"];

/** The first part of a JPEG's profile: longer ones have their tags there, too. */
const jpegProfile = (file: Buffer): Buffer | null =>
  applicationData(file, APP2, PROFILE_MARK)?.subarray(PART_BYTES) ?? null;

/** Said in the picture's header, or, as Apple does, only in that of the picture that follows. */
const hasJpegMap = (file: Buffer): boolean => {
  let hasMore = false;
  for (const segment of headerSegments(file)) {
    const { marker, to } = segment;
    if (marker === MARKER.startOfScan) return hasMore && MAPS.some((map) => file.includes(map, to, "latin1"));
    if (marker !== APP1 && marker !== APP2) continue;
    hasMore ||= segment.has(MULTI_PICTURE_MARK);
    const { body } = segment;
    if (MAPS.some((map) => body.includes(map, 0, "latin1"))) return true;
  }
  return false;
};

/** In HEIC and AVIF an item of its own kind, or one that a property names. */
const hasItemMap = (file: Buffer): boolean => {
  if (file.length < 12 || file.toString("latin1", 4, 8) !== "ftyp") return false;
  try {
    const found = fileItems(file);
    if (found === null) return false;
    return (
      found.items.some(({ type }) => type === "tmap") ||
      found.descriptions.some((part) => MAPS.some((map) => Buffer.from(part).includes(map, 0, "latin1")))
    );
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
};
