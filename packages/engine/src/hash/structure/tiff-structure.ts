import { faulty, SOUND, type Structure } from "./structure.ts";
import { ENTRY_BYTES, tiffNumbers } from "./tiff-numbers.ts";

/** Tags of a page's data: offsets and sizes of its strips or tiles. */
const OFFSETS = [273, 324];
const SIZES = [279, 325];
const BYTES_OF_TYPE: Readonly<Record<number, 2 | 4>> = { 3: 2, 4: 4 };
/** Tag that says what a page is for, and the bit that it is a smaller copy of another one. */
const KIND = [254];
const IS_REDUCED = 1;

/** A TIFF file: the data of every page are within the file. Its parts may be anywhere, so it has no end to look behind. */
export const tiffStructure = (file: Buffer): Structure => {
  const { short, long } = tiffNumbers(file);
  let pages = 0;
  /** Bytes of directories and of their values: more than the file has were read twice, in a circle of directories or of values that pages share. */
  let bytesRead = 0;
  for (let directory = long(4); directory !== 0; ) {
    if (directory + 2 > file.length) return faulty(true, "a page is missing");
    const entries = short(directory);
    const end = directory + 2 + entries * ENTRY_BYTES;
    if (end + 4 > file.length) return faulty(true, "a page is missing");
    bytesRead += end + 4 - directory;
    if (bytesRead > file.length) return { ...faulty(false, "its pages share their parts"), pages };
    /** The values of one of the page's tags; null = they are outside the file. */
    const valuesOf = (tags: readonly number[]): number[] | null => {
      for (let entry = 0; entry < entries; entry += 1) {
        const at = directory + 2 + entry * ENTRY_BYTES;
        const bytes = BYTES_OF_TYPE[short(at + 2)];
        if (!tags.includes(short(at)) || bytes === undefined) continue;
        const count = long(at + 4);
        const from = count * bytes <= 4 ? at + 8 : long(at + 8);
        if (from + count * bytes > file.length) return null;
        bytesRead += count * bytes;
        if (bytesRead > file.length) return [];
        return Array.from({ length: count }, (_, index) => (bytes === 2 ? short : long)(from + index * bytes));
      }
      return [];
    };
    const offsets = valuesOf(OFFSETS);
    const sizes = valuesOf(SIZES);
    if (offsets === null || sizes === null) return faulty(true, "a page is not whole");
    if (offsets.some((offset, index) => offset + (sizes[index] ?? 0) > file.length))
      return faulty(true, "picture data are missing");
    if (((valuesOf(KIND)?.[0] ?? 0) & IS_REDUCED) === 0) pages += 1;
    directory = long(end);
  }
  return { ...SOUND, pages };
};
