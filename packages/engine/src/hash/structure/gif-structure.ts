import { faulty, SOUND, type Structure } from "./structure.ts";

const HEADER_BYTES = 13;
const [EXTENSION, IMAGE, TRAILER] = [0x21, 0x2c, 0x3b];
const PADDING_BYTES = 16;

/** A block of a GIF file (GIF89a, section 15), or what ends the file. */
export interface GifBlock {
  /** `cut` where the file ends before it does, `unknown` where it is none of the standard's. */
  readonly kind: "image" | "extension" | "trailer" | "cut" | "unknown";
  readonly from: number;
  readonly end: number;
}

/** Bytes of the header, of the screen's description and of its colour table. */
export const gifHeaderBytes = (file: Buffer): number => HEADER_BYTES + tableBytes(file[10]);

/** The blocks of a GIF file. The last one is the trailer, or one that is cut or unknown. */
export function* gifBlocks(file: Buffer): Generator<GifBlock> {
  for (let from = gifHeaderBytes(file); ; ) {
    const label = file[from];
    if (label === TRAILER) return yield { kind: "trailer", from, end: from + 1 };
    if (label !== undefined && label !== IMAGE && label !== EXTENSION)
      return yield { kind: "unknown", from, end: from };
    const kind = label === IMAGE ? "image" : "extension";
    let end = kind === "image" ? from + 11 + tableBytes(file[from + 9]) : from + 2;
    // Sub-blocks: each begins with its size; 0 is the last one.
    while (file[end] !== undefined && file[end] !== 0) end += 1 + (file[end] ?? 0);
    if (file[end] === undefined) return yield { kind: "cut", from, end: file.length };
    end += 1;
    yield { kind, from, end };
    from = end;
  }
}

/** A GIF file: blocks up to its trailer, and how many of them are pictures. */
export const gifStructure = (file: Buffer): Structure => {
  let pages = 0;
  for (const { kind, end } of gifBlocks(file)) {
    if (kind === "image") pages += 1;
    if (kind === "cut") return { ...faulty(true, "its end is missing"), pages };
    if (kind === "unknown") return { ...faulty(false, "an unknown part"), pages };
    if (kind !== "trailer") continue;
    const left = file.subarray(end);
    const isFilling = left.length <= PADDING_BYTES && left.every((byte) => byte === 0 || byte === TRAILER);
    if (!isFilling) return { ...faulty(false, `${left.length} unknown bytes after its end`), pages };
  }
  return { ...SOUND, pages };
};

/** Bytes of a colour table, as the flags before it say. */
const tableBytes = (flags = 0): number => ((flags & 0x80) === 0 ? 0 : 3 << ((flags & 7) + 1));
