import { crc32 } from "node:zlib";
import { faulty, SOUND, type Structure } from "./structure.ts";

const SIGNATURE_BYTES = 8;
/** Length, type and checksum of a chunk. */
const FRAME_BYTES = 12;

/** A PNG file: chunks up to IEND, each with the checksum that fits; an animated one says how many frames it has (acTL). */
export const pngStructure = (file: Buffer): Structure => {
  let pages = 1;
  for (let at = SIGNATURE_BYTES; ; ) {
    if (at + FRAME_BYTES > file.length) return faulty(true, "its end is missing");
    const size = file.readUInt32BE(at);
    const type = file.toString("latin1", at + 4, at + 8);
    const end = at + FRAME_BYTES + size;
    if (end > file.length) return faulty(true, "its end is missing");
    if (crc32(file.subarray(at + 4, end - 4)) !== file.readUInt32BE(end - 4))
      return faulty(false, "the checksum of a part does not fit");
    if (type === "acTL" && size >= 8) pages = Math.max(1, file.readUInt32BE(at + 8));
    at = end;
    if (type !== "IEND") continue;
    const left = file.length - at;
    return left > 0 ? { ...faulty(false, `${left} unknown bytes after its end`), pages } : { ...SOUND, pages };
  }
};
