import { faulty, SOUND, type Structure } from "./structure.ts";

const HEADER_BYTES = 8;

/** A chunk of a RIFF file, with its header and its filling byte. */
export interface RiffChunk {
  readonly type: string;
  readonly from: number;
  readonly end: number;
}

/** The chunks that begin before an offset: the file's end, or the one that its header declares. */
export function* riffChunks(file: Buffer, before: number): Generator<RiffChunk> {
  for (let from = HEADER_BYTES + 4; from + HEADER_BYTES <= before; ) {
    const size = file.readUInt32LE(from + 4);
    const end = from + HEADER_BYTES + size + (size % 2);
    yield { type: file.toString("latin1", from, from + 4), from, end };
    from = end;
  }
}

/** A WebP file: its chunks fill exactly the size that its header declares. */
export const riffStructure = (file: Buffer): Structure => {
  const declared = file.readUInt32LE(4);
  const end = HEADER_BYTES + declared + (declared % 2);
  // A last chunk of odd size may lack its filling byte.
  if (HEADER_BYTES + declared > file.length)
    return faulty(true, `${HEADER_BYTES + declared - file.length} bytes are missing at its end`);
  if (file.length > end) return faulty(false, `${file.length - end} unknown bytes after its end`);
  for (const chunk of riffChunks(file, HEADER_BYTES + declared))
    if (chunk.end > end + 1) return faulty(false, "the size of a part does not fit");
  return SOUND;
};
