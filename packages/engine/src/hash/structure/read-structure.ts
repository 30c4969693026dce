import { boxStructure } from "./box-structure.ts";
import { gifStructure } from "./gif-structure.ts";
import { isJpeg } from "./jpeg-segments.ts";
import { jpegStructure } from "./jpeg-structure.ts";
import { pngStructure } from "./png-structure.ts";
import { riffStructure } from "./riff-structure.ts";
import { faulty, type Structure } from "./structure.ts";
import { tiffStructure } from "./tiff-structure.ts";

/**
 * Reads the structure of a picture file: JPEG (ITU T.81 annex B), PNG, WebP (RIFF), GIF89a, TIFF 6.0, HEIC and AVIF (ISO 14496-12).
 * @returns null for another format
 */
export const readStructure = (file: Buffer): Structure | null => {
  try {
    return structureOf(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // An offset in the file that is outside it; other range errors are of memory.
    if (code === "ERR_OUT_OF_RANGE" || code === "ERR_BUFFER_OUT_OF_BOUNDS")
      return faulty(false, "its structure is wrong");
    throw error;
  }
};

const structureOf = (file: Buffer): Structure | null => {
  if (file.length < 12) return null;
  if (isJpeg(file)) return jpegStructure(file);
  if (file.readUInt32BE(0) === 0x89504e47) return pngStructure(file);
  const start = file.toString("latin1", 0, 4);
  if (start === "RIFF") return riffStructure(file);
  if (start === "GIF8") return gifStructure(file);
  if (start === "II*\0" || start === "MM\0*") return tiffStructure(file);
  return file.toString("latin1", 4, 8) === "ftyp" ? boxStructure(file) : null;
};
