import { crc32 } from "node:zlib";
import { faulty, SOUND, type Structure } from "./structure.ts";

const SIGNATURE_BYTES = 8;
/** Length, type and checksum of a chunk. */
const FRAME_BYTES = 12;
const CHECKSUM_BYTES = 4;

/** A chunk of a PNG file (PNG, section 5.3). */
export interface PngChunk {
  readonly type: string;
  /** Offset of the type, which the checksum includes. */
  readonly from: number;
  /** Offsets of the data's begin and end; the checksum follows. */
  readonly data: number;
  readonly end: number;
}

/** The chunks up to IEND; they end early where the file does. */
export function* pngChunks(file: Buffer): Generator<PngChunk> {
  for (let at = SIGNATURE_BYTES; at + FRAME_BYTES <= file.length; ) {
    const end = at + FRAME_BYTES - CHECKSUM_BYTES + file.readUInt32BE(at);
    if (end + CHECKSUM_BYTES > file.length) return;
    const type = file.toString("latin1", at + 4, at + 8);
    yield { type, from: at + 4, data: at + 8, end };
    if (type === "IEND") return;
    at = end + CHECKSUM_BYTES;
  }
}

/** A PNG file: chunks up to IEND, each with the checksum that fits; an animated one says how many frames it has (acTL). */
export const pngStructure = (file: Buffer): Structure => {
  let pages = 1;
  for (const { type, from, data, end } of pngChunks(file)) {
    if (crc32(file.subarray(from, end)) !== file.readUInt32BE(end))
      return faulty(false, "the checksum of a part does not fit");
    if (type === "acTL" && end - data >= 8) pages = Math.max(1, file.readUInt32BE(data));
    if (type !== "IEND") continue;
    const left = file.length - end - CHECKSUM_BYTES;
    return left > 0 ? { ...faulty(false, `${left} unknown bytes after its end`), pages } : { ...SOUND, pages };
  }
  return faulty(true, "its end is missing");
};
