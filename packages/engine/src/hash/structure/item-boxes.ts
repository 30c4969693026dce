/** A box of an ISO base media file (ISO 14496-12): its content is between the offsets. */
interface Box {
  readonly type: string;
  readonly from: number;
  readonly end: number;
}

/** What an AVIF or HEIC file consists of: items, whose data are anywhere, and boxes that say how they are shown. */
export interface FileItems {
  readonly items: readonly { readonly id: number; readonly type: string; readonly data: readonly Uint8Array[] }[];
  /** The primary item, all properties, and how the items belong together, except what is described by metadata. */
  readonly descriptions: readonly Uint8Array[];
}

/** Between the properties of a reference: this item describes that one, as EXIF and XMP do. */
const DESCRIBES = "cdsc";
const IN_FILE = 0;
const IN_ITEM_DATA = 1;

/**
 * The items of a still picture.
 * @returns null for a film or a sequence, and where a part is of a kind that is not read here
 * @throws RangeError where an offset is outside the file
 */
export const fileItems = (file: Buffer): FileItems | null => {
  const top = [...boxes(file, 0, file.length)];
  const [meta, ...others] = top.filter(({ type }) => type === "meta");
  if (meta === undefined || others.length > 0 || top.some(({ type }) => type === "moov")) return null;
  const inside = [...boxes(file, meta.from + FULL_BOX_BYTES, meta.end)];
  const find = (type: string): Box | undefined => inside.find((box) => box.type === type);
  const [infos, locations, primary, properties] = [find("iinf"), find("iloc"), find("pitm"), find("iprp")];
  if (infos === undefined || locations === undefined || primary === undefined || properties === undefined) return null;
  const dataOf = itemData(file, locations, find("idat"));
  const types = itemTypes(file, infos);
  if (dataOf === null || types === null) return null;
  const references = find("iref");
  const shown = references === undefined ? [] : [...boxes(file, references.from + FULL_BOX_BYTES, references.end)];
  return {
    items: [...types].sort(([a], [b]) => a - b).map(([id, type]) => ({ id, type, data: dataOf.get(id) ?? [] })),
    descriptions: [primary, properties, ...shown.filter(({ type }) => type !== DESCRIBES)].map(({ type, from, end }) =>
      Buffer.concat([Buffer.from(type, "latin1"), file.subarray(from, end)]),
    ),
  };
};

/** Items and parts of items that are looked at: a picture has one for each of its tiles. */
const MAX_PARTS = 100_000;

/** Version and flags. */
const FULL_BOX_BYTES = 4;

function* boxes(file: Buffer, from: number, end: number): Generator<Box> {
  for (let at = from; at < end; ) {
    const size = file.readUInt32BE(at);
    const type = file.toString("latin1", at + 4, at + 8);
    // 0: up to the end of the file; 1: a size of eight bytes follows the type.
    const header = size === 1 ? 16 : 8;
    const next = size === 0 ? end : at + (size === 1 ? Number(file.readBigUInt64BE(at + 8)) : size);
    if (next < at + header || next > end) throw new RangeError(`box ${type} does not fit`);
    yield { type, from: at + header, end: next };
    at = next;
  }
}

/** Reads numbers of a box one after another. */
const reader = (file: Buffer, { from, end }: Box) => {
  let at = from;
  return {
    /** A number of 0, 1, 2, 4 or 8 bytes. */
    next(bytes: number): number {
      if (at + bytes > end) throw new RangeError("a box ends too early");
      at += bytes;
      if (bytes === 8) return Number(file.readBigUInt64BE(at - 8));
      return bytes === 0 ? 0 : file.readUIntBE(at - bytes, bytes);
    },
    get at(): number {
      return at;
    },
  };
};

/** The type of each item, by its id; null = in a form of before HEIF. */
const itemTypes = (file: Buffer, infos: Box): Map<number, string> | null => {
  const types = new Map<number, string>();
  const head = reader(file, infos);
  const version = head.next(4) >>> 24;
  head.next(version === 0 ? 2 : 4);
  for (const box of boxes(file, head.at, infos.end)) {
    const info = reader(file, box);
    const form = info.next(4) >>> 24;
    if (box.type !== "infe" || form < 2) return null;
    const id = info.next(form === 2 ? 2 : 4);
    info.next(2);
    types.set(id, file.toString("latin1", info.at, info.at + 4));
  }
  return types;
};

/** The parts of each item's data, by its id; null = in other files or items, or up to wherever the file ends. */
const itemData = (file: Buffer, locations: Box, itemDataBox: Box | undefined): Map<number, Uint8Array[]> | null => {
  const dataOf = new Map<number, Uint8Array[]>();
  const read = reader(file, locations);
  const version = read.next(4) >>> 24;
  const sizes = read.next(2);
  const [offsetBytes, lengthBytes, baseBytes] = [sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15];
  const indexBytes = version === 0 ? 0 : sizes & 15;
  const items = read.next(version < 2 ? 2 : 4);
  let count = 0;
  for (let item = 0; item < items; item += 1) {
    const id = read.next(version < 2 ? 2 : 4);
    const construction = version === 0 ? IN_FILE : read.next(2) & 15;
    const otherFile = read.next(2);
    const base = read.next(baseBytes);
    const container =
      construction === IN_FILE
        ? { from: 0, end: file.length }
        : construction === IN_ITEM_DATA
          ? itemDataBox
          : undefined;
    if (container === undefined || otherFile !== 0) return null;
    const parts: Uint8Array[] = [];
    for (let extents = read.next(2); extents > 0; extents -= 1) {
      read.next(indexBytes);
      const from = container.from + base + read.next(offsetBytes);
      const length = read.next(lengthBytes);
      count += 1;
      if (length === 0 || from + length > container.end || count > MAX_PARTS) return null;
      parts.push(file.subarray(from, from + length));
    }
    dataOf.set(id, parts);
  }
  return dataOf;
};
