/** A directory of a TIFF file: its tags with their numbers, of four bytes each. */
export type TiffTags = Readonly<Record<number, readonly number[]>>;

const LONG = 4;
const ENTRY_BYTES = 12;

/**
 * A little-endian TIFF file (TIFF 6.0): picture data at offset 8, then the directories, each followed by its longer values.
 * @param next the offset of the directory after each one, by its index and the offsets of all; a circle where it repeats
 */
export const tiffOf = (
  data: Buffer,
  directories: readonly TiffTags[],
  next = (index: number, offsets: readonly number[]): number => offsets[index + 1] ?? 0,
): Buffer => {
  const offsets: number[] = [];
  let end = 8 + data.length + (data.length % 2);
  for (const tags of directories) {
    offsets.push(end);
    const values = Object.values(tags).filter(({ length }) => length > 1);
    end += 2 + Object.keys(tags).length * ENTRY_BYTES + 4 + values.reduce((sum, { length }) => sum + length * 4, 0);
  }
  const file = Buffer.alloc(end);
  file.write("II*\0", 0, "latin1");
  file.writeUInt32LE(offsets[0] ?? 0, 4);
  data.copy(file, 8);
  directories.forEach((tags, index) => {
    const entries = Object.entries(tags);
    let at = offsets[index] ?? 0;
    let values = at + 2 + entries.length * ENTRY_BYTES + 4;
    file.writeUInt16LE(entries.length, at);
    at += 2;
    for (const [tag, numbers] of entries) {
      file.writeUInt16LE(Number(tag), at);
      file.writeUInt16LE(LONG, at + 2);
      file.writeUInt32LE(numbers.length, at + 4);
      const [first = 0] = numbers;
      file.writeUInt32LE(numbers.length > 1 ? values : first, at + 8);
      if (numbers.length > 1) for (const number of numbers) values = file.writeUInt32LE(number, values);
      at += ENTRY_BYTES;
    }
    file.writeUInt32LE(next(index, offsets), at);
  });
  return file;
};

/** Tags of a grey picture of one strip. */
export const greyTags = (
  width: number,
  height: number,
  compression: number,
  strip: readonly [from: number, bytes: number],
): TiffTags => ({
  256: [width],
  257: [height],
  258: [8],
  259: [compression],
  262: [1],
  273: [strip[0]],
  277: [1],
  278: [height],
  279: [strip[1]],
});
