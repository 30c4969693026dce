/**
 * Whether a picture file ends before the picture does, as its own structure says: JPEG (ITU T.81 annex B),
 * PNG, WebP (RIFF), HEIC and AVIF (ISO 14496-12). For files that could not be decoded.
 * @returns null for another format: this file does not say
 */
export const isCutShort = (file: Buffer): boolean | null => {
  if (file.length < 12) return null;
  if (file.readUInt16BE(0) === 0xffd8) return isJpegCut(file);
  if (file.toString("latin1", 1, 4) === "PNG") return isPngCut(file);
  if (file.toString("latin1", 0, 4) === "RIFF") return file.readUInt32LE(4) + 8 > file.length;
  if (file.toString("latin1", 4, 8) === "ftyp") return areBoxesCut(file);
  return null;
};

const START_OF_SCAN = 0xda;
const END_OF_IMAGE = Buffer.from([0xff, 0xd9]);

const isJpegCut = (file: Buffer): boolean => {
  for (let at = 2; at + 4 <= file.length; at += 2 + file.readUInt16BE(at + 2)) {
    if (file[at] !== 0xff) return false;
    // In entropy-coded data 0xff is followed by 0x00 or by a marker, so the end cannot be there by chance.
    if (file[at + 1] === START_OF_SCAN) return !file.includes(END_OF_IMAGE, at);
  }
  return true;
};

const isPngCut = (file: Buffer): boolean => {
  for (let at = 8; at + 12 <= file.length; at += 12 + file.readUInt32BE(at))
    if (file.toString("latin1", at + 4, at + 8) === "IEND") return false;
  return true;
};

const areBoxesCut = (file: Buffer): boolean => {
  let hasData = false;
  for (let at = 0; at < file.length; ) {
    if (at + 16 > file.length) return true;
    const size = file.readUInt32BE(at);
    hasData ||= file.toString("latin1", at + 4, at + 8) === "mdat";
    // 0: up to the end of the file; 1: a size of eight bytes follows the type.
    if (size === 0) break;
    at += size === 1 ? Math.max(Number(file.readBigUInt64BE(at + 8)), 16) : Math.max(size, 8);
    if (at > file.length) return true;
  }
  return !hasData;
};
