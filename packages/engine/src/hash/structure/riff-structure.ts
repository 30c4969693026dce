import { faulty, SOUND, type Structure } from "./structure.ts";

const HEADER_BYTES = 8;

/** A WebP file: its chunks fill exactly the size that its header declares. */
export const riffStructure = (file: Buffer): Structure => {
  const declared = file.readUInt32LE(4);
  const end = HEADER_BYTES + declared + (declared % 2);
  // A last chunk of odd size may lack its filling byte.
  if (HEADER_BYTES + declared > file.length)
    return faulty(true, `${HEADER_BYTES + declared - file.length} bytes are missing at its end`);
  if (file.length > end) return faulty(false, `${file.length - end} unknown bytes after its end`);
  for (let at = HEADER_BYTES + 4; at + HEADER_BYTES <= HEADER_BYTES + declared; ) {
    const size = file.readUInt32LE(at + 4);
    at += HEADER_BYTES + size + (size % 2);
    if (at > end + 1) return faulty(false, "the size of a part does not fit");
  }
  return SOUND;
};
