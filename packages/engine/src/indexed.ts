import { type Band, bandsOf } from "./bands.ts";
import { exhaustiveIsCheaper } from "./cost.ts";
import { earlyOutBytes, type LoadedPair, slabJoiner, slabPairs } from "./exhaustive.ts";
import { comparisonsOf, type EdgeSink, type HashRows, headBytesOf } from "./kernel.ts";
import { type LoadedRows, loadRows, spreadOrder, Wasm } from "./wasm.ts";

/** The rows of a run of blocks. Two tiles with the same id are the same rows. */
export interface Tile extends HashRows {
  readonly id: string;
}

/** One band of one tile pair: the indexed kernel's unit of work. */
export interface BandJoin {
  readonly left: Tile;
  readonly right: Tile;
  readonly hashBits: number;
  readonly radiusBits: number;
  /** Which of the `bands` bands of {@link bandsOf}. */
  readonly band: number;
  readonly bands: number;
}

/** A tile pair in memory, equal hashes collapsed across a tile's blocks; the smaller tile is the left one. */
interface TilePair extends LoadedPair {
  readonly id: string;
  readonly wasm: Wasm;
  readonly bands: readonly Band[];
  /** The hashes are so alike that bands tell too few apart. */
  readonly alike: boolean;
}

/** How often pairs are sampled to learn whether this tile pair is worth its bands. */
const SAMPLES = 20_000;
const SIDE_WORDS = 5;

let loaded: TilePair | undefined;

/**
 * The edges of a tile pair whose first meeting is in one band: all bands together give each edge
 * once. Where the hashes are so alike that bands tell too few apart, each band does its share of an
 * exhaustive join instead. The tile pair stays in memory for its next band.
 * @returns pairs of hashes compared
 */
export const joinBand = (join: BandJoin, sink: EdgeSink): number => {
  if (join.left.ordinals.length === 0 || join.right.ordinals.length === 0) return 0;
  const id = [join.left.id, join.right.id, join.hashBits, join.radiusBits, join.bands].join(" ");
  loaded = loaded?.id === id ? loaded : load(id, join);
  const { wasm, left, right, alike } = loaded;
  const mark = wasm.mark();
  let compared = 0;
  wasm.collect({ left: left.ordinals, right: right.ordinals }, sink, () => {
    compared = (alike ? joinShare : joinSorted)(loaded as TilePair, join);
  });
  wasm.release(mark);
  return compared;
};

const load = (id: string, { left: first, right: second, hashBits, radiusBits, ...join }: BandJoin): TilePair => {
  const bands = bandsOf(hashBits, radiusBits, join.bands);
  if (bands === null)
    throw new RangeError(`${join.bands} bands of ${hashBits} bits at radius ${radiusBits}: impossible`);
  const wasm = new Wasm();
  const pair = loadPair(wasm, first, second);
  return { id, wasm, ...pair, bands, alike: bandsTellTooFew(wasm, pair, bands, radiusBits) };
};

const loadPair = (wasm: Wasm, first: Tile, second: Tile): LoadedPair => {
  const a = loadCollapsed(wasm, first);
  if (first.id === second.id) return { left: a, right: a, same: true };
  const b = loadCollapsed(wasm, second);
  const [left, right] = a.ordinals.length <= b.ordinals.length ? [a, b] : [b, a];
  return { left, right, same: false };
};

const loadCollapsed = (wasm: Wasm, tile: Tile): LoadedRows => {
  const { ordinals, pointer, rowBytes } = loadRows(wasm, tile);
  const mark = wasm.mark();
  const kept = wasm.put(ordinals);
  const slots = 2 ** Math.ceil(Math.log2(ordinals.length * 1.5 + 1));
  const table = wasm.reserve(slots * 4);
  wasm.words(table, slots).fill(0);
  const count = wasm.call.collapseRows(pointer, kept, ordinals.length, rowBytes, table, slots);
  const rows = { ordinals: wasm.words(kept, count).slice(), pointer, rowBytes };
  wasm.release(mark);
  return rows;
};

/** By a sample of the tile pair itself, so that all of its bands do alike. */
const bandsTellTooFew = (
  wasm: Wasm,
  { left, right }: LoadedPair,
  bands: readonly Band[],
  radiusBits: number,
): boolean => {
  const { rowBytes } = left;
  const mark = wasm.mark();
  const meetings = wasm.call.sampleMeetings(
    left.pointer,
    left.ordinals.length,
    right.pointer,
    right.ordinals.length,
    rowBytes,
    wasm.put(masksOf(bands, rowBytes)),
    bands.length,
    SAMPLES,
  );
  wasm.release(mark);
  return exhaustiveIsCheaper(meetings / SAMPLES, headBytesOf(rowBytes), earlyOutBytes(rowBytes, radiusBits));
};

/** This band's slab pairs of an exhaustive join: each `bands`-th one. */
const joinShare = (pair: TilePair, { radiusBits, band, bands }: BandJoin): number => {
  const join = slabJoiner(pair.wasm, radiusBits, pair.left.rowBytes);
  slabPairs(pair.left.ordinals.length, pair.right.ordinals.length, pair.same).forEach((slabs, number) => {
    if (number % bands === band) join(pair, slabs);
  });
  return Math.floor(comparisonsOf(pair) / bands);
};

const joinSorted = ({ wasm, left, right, same, bands }: TilePair, { band: number, radiusBits }: BandJoin): number => {
  const band = bands[number];
  if (band === undefined) throw new RangeError(`band ${number}: there are ${bands.length}`);
  const { rowBytes } = left;
  const picker = putPicker(wasm, band, rowBytes);
  const earlier = wasm.put(masksOf(bands.slice(0, number), rowBytes));
  const first = sortByBand(wasm, left, band, picker);
  const second = same ? first : sortByBand(wasm, right, band, picker);
  const values = valueCountOf(band);
  return wasm.call.joinBand(first, second, same ? 1 : 0, rowBytes, values, band.flips, radiusBits, earlier, number);
};

/** The kernel looks at 64 values at a time. */
const valueCountOf = ({ bits }: Band): number => Math.max(64, 2 ** bits.length);

/** Where a band's bits are in the rows as loaded, and what each byte there adds to the value. */
interface Picker {
  readonly bytes: number;
  readonly byteCount: number;
  readonly tables: number;
}

const putPicker = (wasm: Wasm, band: Band, rowBytes: number): Picker => {
  const bytes = [...new Set(band.bits.map((bit) => bit >> 3))];
  const tables = new Uint32Array(bytes.length * 256);
  band.bits.forEach((bit, place) => {
    const table = bytes.indexOf(bit >> 3) * 256;
    for (let value = 0; value < 256; value += 1)
      if ((value >> (bit & 7)) & 1) tables[table + value] = ((tables[table + value] as number) | (1 << place)) >>> 0;
  });
  const order = spreadOrder(rowBytes);
  const at = Uint8Array.from(bytes, (byte) => order.indexOf(byte));
  return { bytes: wasm.put(at), byteCount: bytes.length, tables: wasm.put(tables) };
};

/** For each band a mask of its bits in the rows as loaded, and its flips as u64. */
const masksOf = (bands: readonly Band[], rowBytes: number): Uint8Array => {
  const order = spreadOrder(rowBytes);
  const bytes = new Uint8Array(Math.max(1, bands.length) * (rowBytes + 8));
  bands.forEach((band, number) => {
    const mask = number * (rowBytes + 8);
    for (const bit of band.bits) {
      const at = mask + order.indexOf(bit >> 3);
      bytes[at] = (bytes[at] as number) | (1 << (bit & 7));
    }
    bytes[mask + rowBytes] = band.flips;
  });
  return bytes;
};

/** Sorts a tile by the band; gives the pointer to its `Side`. */
const sortByBand = (wasm: Wasm, { ordinals, pointer, rowBytes }: LoadedRows, band: Band, picker: Picker): number => {
  const count = ordinals.length;
  const valueCount = valueCountOf(band);
  const rowOf = wasm.reserve(count * 4);
  const offsets = wasm.reserve((valueCount + 1) * 4);
  const filled = wasm.reserve(valueCount / 8);
  const heads = wasm.reserve(count * headBytesOf(rowBytes));
  const side = wasm.reserve(SIDE_WORDS * 4);
  wasm.words(side, SIDE_WORDS).set([pointer, rowOf, offsets, filled, heads]);
  const mark = wasm.mark();
  const values = wasm.reserve(count * 4);
  wasm.call.bandValues(pointer, count, rowBytes, picker.bytes, picker.byteCount, picker.tables, values);
  wasm.call.sortByBand(side, count, rowBytes, values, valueCount);
  wasm.release(mark);
  return side;
};
