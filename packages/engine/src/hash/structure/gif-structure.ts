import { faulty, SOUND, type Structure } from "./structure.ts";

const HEADER_BYTES = 13;
const [EXTENSION, IMAGE, TRAILER] = [0x21, 0x2c, 0x3b];
const PADDING_BYTES = 16;

/** A GIF file: blocks up to its trailer, and how many of them are pictures. */
export const gifStructure = (file: Buffer): Structure => {
  let at = HEADER_BYTES + tableBytes(file[10]);
  let pages = 0;
  for (;;) {
    const kind = file[at];
    if (kind === undefined) return { ...faulty(true, "its end is missing"), pages };
    if (kind === TRAILER) break;
    if (kind === IMAGE) {
      pages += 1;
      at += 11 + tableBytes(file[at + 9]);
    } else if (kind === EXTENSION) at += 2;
    else return { ...faulty(false, "an unknown part"), pages };
    // Sub-blocks: each begins with its size; 0 is the last one.
    for (let size = file[at]; size !== 0; size = file[at]) {
      if (size === undefined) return { ...faulty(true, "its end is missing"), pages };
      at += 1 + size;
    }
    at += 1;
  }
  const left = file.subarray(at + 1);
  const isFilling = left.length <= PADDING_BYTES && left.every((byte) => byte === 0 || byte === TRAILER);
  return isFilling ? { ...SOUND, pages } : { ...faulty(false, `${left.length} unknown bytes after its end`), pages };
};

/** Bytes of a colour table, as the flags before it say. */
const tableBytes = (flags = 0): number => ((flags & 0x80) === 0 ? 0 : 3 << ((flags & 7) + 1));
