import { boxStructure } from "./box-structure.ts";
import { readScans } from "./jpeg-scans.ts";
import { dataFrom, headerSegments, isFrame, isJpeg, MARKER, MULTI_PICTURE_MARK } from "./jpeg-segments.ts";
import { faulty, SOUND, type Structure } from "./structure.ts";
import { ENTRY_BYTES, tiffNumbers } from "./tiff-numbers.ts";

const END_OF_IMAGE = Buffer.from([0xff, MARKER.endOfImage]);
/** A disk's sector of zeros: so many in a row are in no picture's data but those of one colour. */
const LOST_SECTOR = Buffer.alloc(512);

/**
 * A JPEG file: a header, picture data that end with a marker, and only known things after it: the pictures of an MPO, a gain map, a motion
 * photo's film, what some makers append. Whether all codes of the picture data are right takes longer to say: {@link readScans}.
 */
export const jpegStructure = (file: Buffer): Structure => {
  const end = endOfJpeg(file, 0);
  if (end === null) return faulty(true, "its end is missing");
  const lost = file.indexOf(LOST_SECTOR, dataFrom(file) ?? end);
  const fault = lost >= 0 && lost < end ? (readScans(file)?.fault ?? null) : null;
  if (fault !== null) return faulty(false, fault);
  return end === file.length ? SOUND : { ...SOUND, ...trailerOf(file, end) };
};

/** The offset after a picture's end marker; null where it has none. In its data 0xff is followed by 0x00 or a marker, so none is there by chance. */
const endOfJpeg = (file: Buffer, start: number): number | null => {
  let data = start + 2;
  for (const { marker, to } of headerSegments(file, start)) {
    if (marker === MARKER.endOfImage) return to;
    if (marker === MARKER.startOfScan) {
      const end = file.indexOf(END_OF_IMAGE, to);
      return end < 0 ? null : end + END_OF_IMAGE.length;
    }
    data = to;
  }
  // The header is damaged: the decoder says more about it.
  return data >= file.length || !file.includes(END_OF_IMAGE, data) ? null : file.length;
};

/** Filling after the end that says nothing about the file: a line's end by a transfer, or zeros up to an even size. */
const FILLING_BYTES = 16;

/** What makers and programs append, by what it begins or ends with (as ExifTool lists trailers). */
const APPENDED = [
  "SEFH",
  "SEFT",
  "AXS!",
  "cbipcbbl",
  "CANON OPTIONAL DATA",
  "QDIOBS",
  "LIVE_",
  "\xa1\xb2\xc3\xd4",
  "\x00\x00\x00\x00MIE",
];
/** In a film's first box. */
const FILM = Buffer.from("ftyp");
/** In the header of a picture with a gain map or a depth map: what is appended shows no other picture. */
const MAPS = ["hdrgm:", "urn:iso:std:iso:ts:21496", "hdrgainmap", "HDRGainMap", "GDepth", 'Item:Semantic="Depth'];

const trailerOf = (file: Buffer, end: number): Partial<Structure> => {
  const trailer = file.subarray(end);
  if (trailer.length <= FILLING_BYTES && trailer.every((byte) => byte === 0 || byte === 10 || byte === 13)) return {};
  const film = trailer.indexOf(FILM);
  const hasFilm = film >= 4;
  if (hasFilm && boxStructure(trailer.subarray(film - 4)).fault?.isCut === true)
    return { ...faulty(true, "its film is not whole"), hasFilm };
  const declared = declaredPictures(file);
  const pictures = picturesIn(file, end);
  if (pictures === null) return faulty(true, "a picture after the first one is not whole");
  const isKnown =
    hasFilm ||
    (pictures > 0 &&
      (declared !== null || isPreview(file, end) || file.subarray(0, end).includes("Container:Directory"))) ||
    APPENDED.some((known) => trailer.includes(known, 0, "latin1"));
  if (!isKnown) return faulty(false, `${trailer.length} unknown bytes after its end`);
  const isMap = MAPS.some((map) => file.includes(map));
  const others = isMap || declared === null ? 0 : Math.min(pictures, declared);
  return { pages: 1 + others, hasFilm, restFrom: hasFilm || others > 0 ? end : null };
};

/** Whether what follows is a smaller picture, as cameras write one for their screens without declaring it. */
const isPreview = (file: Buffer, end: number): boolean => {
  let from = end;
  while (file[from] === 0) from += 1;
  return pixelsOf(file, from) * 2 < pixelsOf(file, 0);
};

const pixelsOf = (file: Buffer, start: number): number => {
  for (const { marker, body } of headerSegments(file, start))
    if (isFrame(marker) && body.length >= 5) return body.readUInt16BE(1) * body.readUInt16BE(3);
  return 0;
};

/** Whole JPEG pictures one after another, with zeros between them; null where one is cut short. */
const picturesIn = (file: Buffer, from: number): number | null => {
  let count = 0;
  for (let at = from; ; count += 1) {
    while (file[at] === 0) at += 1;
    if (!isJpeg(file, at)) return count;
    const end = endOfJpeg(file, at);
    if (end === null) return null;
    at = end;
  }
};

const MP_ENTRIES = 0xb002;
const MP_ENTRY_BYTES = 16;
/** Kind of a picture that is a smaller copy of the first one. */
const LARGE_THUMBNAIL = 0x01;

/** How many pictures after the first one a header declares that show something else (CIPA DC-007); null = none of any kind. */
const declaredPictures = (file: Buffer): number | null => {
  for (const segment of headerSegments(file)) {
    const tiff = segment.dataAfter(MULTI_PICTURE_MARK);
    if (tiff === null || tiff.length < 8) continue;
    const { short, long } = tiffNumbers(tiff);
    const directory = long(4);
    if (directory + 2 > tiff.length) return 0;
    const end = Math.min(directory + 2 + short(directory) * ENTRY_BYTES, tiff.length - ENTRY_BYTES + 1);
    for (let at = directory + 2; at < end; at += ENTRY_BYTES) {
      if (short(at) !== MP_ENTRIES) continue;
      const from = long(at + 8);
      const to = Math.min(from + long(at + 4), tiff.length - MP_ENTRY_BYTES + 1);
      let others = 0;
      for (let entry = from + MP_ENTRY_BYTES; entry < to; entry += MP_ENTRY_BYTES)
        if (((long(entry) >> 16) & 0xff) !== LARGE_THUMBNAIL) others += 1;
      return others;
    }
    return 0;
  }
  return null;
};
