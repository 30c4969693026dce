/** Values of an entry of a TIFF directory: a text, bytes, or numbers of two or four bytes or quotients of two. */
type Value =
  | string
  | Uint8Array
  | { readonly short: number }
  | { readonly quotients: readonly (readonly [number, number])[] };

/** Entries by their tag. */
type Directory = Readonly<Record<number, Value>>;

const encoded = (value: Value): { type: number; count: number; data: Buffer } => {
  if (typeof value === "string") return { type: 2, count: value.length + 1, data: Buffer.from(`${value}\0`, "latin1") };
  if (value instanceof Uint8Array) return { type: 1, count: value.length, data: Buffer.from(value) };
  if ("short" in value) return { type: 3, count: 1, data: Buffer.from([value.short & 255, value.short >> 8]) };
  const data = Buffer.alloc(value.quotients.length * 8);
  for (const [index, [part, whole]] of value.quotients.entries()) {
    data.writeUInt32LE(part, index * 8);
    data.writeUInt32LE(whole, index * 8 + 4);
  }
  return { type: 5, count: value.quotients.length, data };
};

const EXIF_DIRECTORY = 34_665;
const GPS_DIRECTORY = 34_853;

/** An EXIF block without JPEG's header, little-endian (TIFF 6.0, section 2). */
export const exifBlock = (main: Directory, exif: Directory = {}, gps: Directory = {}): Buffer => {
  const directory = (entries: Directory, from: number, pointers: Readonly<Record<number, number>> = {}): Buffer => {
    const tags = [...new Set([...Object.keys(entries), ...Object.keys(pointers)].map(Number))].sort((a, b) => a - b);
    const head = Buffer.alloc(2 + tags.length * 12 + 4);
    const parts: Buffer[] = [head];
    let end = from + head.length;
    head.writeUInt16LE(tags.length, 0);
    for (const [index, tag] of tags.entries()) {
      const at = 2 + index * 12;
      const pointer = pointers[tag];
      head.writeUInt16LE(tag, at);
      if (pointer !== undefined) {
        head.writeUInt16LE(4, at + 2);
        head.writeUInt32LE(1, at + 4);
        head.writeUInt32LE(pointer, at + 8);
        continue;
      }
      const { type, count, data } = encoded(entries[tag] as Value);
      head.writeUInt16LE(type, at + 2);
      head.writeUInt32LE(count, at + 4);
      if (data.length <= 4) data.copy(head, at + 8);
      else {
        head.writeUInt32LE(end, at + 8);
        parts.push(data, Buffer.alloc(data.length % 2));
        end += data.length + (data.length % 2);
      }
    }
    return Buffer.concat(parts);
  };
  const pointers = { [EXIF_DIRECTORY]: 0, [GPS_DIRECTORY]: 0 };
  const exifFrom = 8 + directory(main, 8, pointers).length;
  const exifPart = directory(exif, exifFrom);
  const gpsFrom = exifFrom + exifPart.length;
  const mainPart = directory(main, 8, { [EXIF_DIRECTORY]: exifFrom, [GPS_DIRECTORY]: gpsFrom });
  return Buffer.concat([Buffer.from("II*\0\x08\0\0\0", "latin1"), mainPart, exifPart, directory(gps, gpsFrom)]);
};
