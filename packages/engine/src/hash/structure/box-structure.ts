import { faulty, SOUND, type Structure } from "./structure.ts";

/** Brands of image sequences (ISO 23008-12, AVIF 1.1). */
const SEQUENCES = ["msf1", "hevc", "hevx", "avis"];
/** The film of a motion photo (Motion Photo format 1.0), and the boxes of a film that follows. */
const FILM_BOXES = ["mpvd", "moov"];
const MAX_BRANDS_BYTES = 256;
/** What files of this kind have at their top. */
const TOP_BOXES = ["ftyp", "meta", "mdat", "free", "skip", "uuid", "moov", "moof", "mpvd"];

/** A HEIC or AVIF file: its boxes fill the file, and one of them has the data. */
export const boxStructure = (file: Buffer): Structure => {
  let hasData = false;
  let hasFilm = false;
  for (let at = 0; at < file.length; ) {
    if (at + 8 > file.length) return faulty(hasData === false, "its last part is not whole");
    const size = file.readUInt32BE(at);
    const type = file.toString("latin1", at + 4, at + 8);
    if (!/^[\x20-\x7e\xa9]{4}$/.test(type))
      return hasData
        ? faulty(false, `${file.length - at} unknown bytes after its end`)
        : faulty(false, "a part is unknown");
    hasData ||= type === "mdat";
    hasFilm ||= FILM_BOXES.includes(type);
    if (type === "ftyp")
      hasFilm ||= hasSequenceBrand(file.subarray(at + 8, Math.min(at + size, at + MAX_BRANDS_BYTES)));
    // 0: up to the end of the file; 1: a size of eight bytes follows the type.
    if (size === 0) break;
    if (size === 1 && at + 16 > file.length) return faulty(true, "its last part is not whole");
    at += size === 1 ? Math.max(Number(file.readBigUInt64BE(at + 8)), 16) : Math.max(size, 8);
    if (at <= file.length) continue;
    return TOP_BOXES.includes(type)
      ? faulty(true, `${at - file.length} bytes are missing at its end`)
      : faulty(false, "unknown bytes after its end");
  }
  return hasData ? { ...SOUND, hasFilm } : faulty(true, "its picture data are missing");
};

const hasSequenceBrand = (brands: Buffer): boolean => {
  for (let at = 0; at + 4 <= brands.length; at += 4)
    if (SEQUENCES.includes(brands.toString("latin1", at, at + 4))) return true;
  return false;
};
