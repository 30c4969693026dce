import type { Backend } from "./backend.ts";
import { type Band, bandsOf } from "./bands.ts";
import { exhaustiveIsCheaper } from "./cost.ts";
import { type LoadedPair, slabJoiner, slabPairs } from "./exhaustive.ts";
import { comparisonsOf, type EdgeSink, type HashRows, headBytesOf } from "./kernel.ts";
import { type KernelCalls, type LoadedRows, loadRows, spreadOrder, Wasm } from "./wasm.ts";

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

/**
 * The edges of a tile pair whose first meeting is in one band: all bands together give each edge
 * once. Where the hashes are so alike that bands tell too few apart, each band does its share of an
 * exhaustive join instead. The tile pair stays in memory for its next band.
 * @returns pairs of hashes compared
 */
export type JoinBand = (join: BandJoin, sink: EdgeSink) => number;

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

/** Joins by bands: `assembly/indexed.ts`, or its twin in `native/`. */
export const indexedBy = (code: Backend): JoinBand => {
  let loaded: TilePair | undefined;
  return (join, sink) => {
    if (join.left.ordinals.length === 0 || join.right.ordinals.length === 0) return 0;
    const id = [join.left.id, join.right.id, join.hashBits, join.radiusBits, join.bands].join(" ");
    loaded = loaded?.id === id ? loaded : load(code, id, join);
    const mark = loaded.wasm.mark();
    const compared = loaded.alike ? joinShare(code, loaded, join, sink) : joinSorted(code, loaded, join, sink);
    loaded.wasm.release(mark);
    return compared;
  };
};

const load = (code: Backend, id: string, join: BandJoin): TilePair => {
  const { left: first, right: second, hashBits, radiusBits } = join;
  const bands = bandsOf(hashBits, radiusBits, join.bands);
  if (bands === null)
    throw new RangeError(`${join.bands} bands of ${hashBits} bits at radius ${radiusBits}: impossible`);
  const wasm = new Wasm();
  const pair = loadPair(code, wasm, first, second);
  return { id, wasm, ...pair, bands, alike: bandsUnselective(code, wasm, pair, bands, radiusBits) };
};

const loadPair = (code: Backend, wasm: Wasm, first: Tile, second: Tile): LoadedPair => {
  const a = loadCollapsed(code, wasm, first);
  if (first.id === second.id) return { left: a, right: a, same: true };
  const b = loadCollapsed(code, wasm, second);
  const [left, right] = a.ordinals.length <= b.ordinals.length ? [a, b] : [b, a];
  return { left, right, same: false };
};

const loadCollapsed = (code: Backend, wasm: Wasm, tile: Tile): LoadedRows => {
  const { ordinals, pointer, rowBytes } = loadRows(wasm, tile);
  const mark = wasm.mark();
  const kept = wasm.put(ordinals);
  const slots = 2 ** Math.ceil(Math.log2(ordinals.length * 1.5 + 1));
  const table = wasm.reserve(slots * 8);
  const count = code.callsIn(wasm).collapseRows(pointer, kept, ordinals.length, rowBytes, table, slots);
  const rows = { ordinals: wasm.words(kept, count).slice(), pointer, rowBytes };
  wasm.release(mark);
  return rows;
};

/** By a sample of the tile pair itself, so that all of its bands do alike. */
const bandsUnselective = (
  { name }: Backend,
  wasm: Wasm,
  { left, right }: LoadedPair,
  bands: readonly Band[],
  radiusBits: number,
): boolean => {
  const { rowBytes } = left;
  const mark = wasm.mark();
  const meetings = wasm.call.sampleCollisions(
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
  return exhaustiveIsCheaper(name, meetings / SAMPLES, rowBytes, radiusBits);
};

/** This band's slab pairs of an exhaustive join: each `bands`-th one. */
const joinShare = (code: Backend, pair: TilePair, { radiusBits, band, bands }: BandJoin, sink: EdgeSink): number => {
  const { wasm, left, right, same } = pair;
  const join = slabJoiner(wasm, code, radiusBits, left.rowBytes);
  wasm.collect({ left: left.ordinals, right: right.ordinals }, sink, () => {
    slabPairs(left.ordinals.length, right.ordinals.length, same).forEach((slabs, number) => {
      if (number % bands === band) join(pair, slabs);
    });
  });
  return Math.floor(comparisonsOf(pair) / bands);
};

const joinSorted = (
  code: Backend,
  { wasm, left, right, same, bands }: TilePair,
  { band: number, radiusBits }: BandJoin,
  sink: EdgeSink,
): number => {
  const band = bands[number];
  if (band === undefined) throw new RangeError(`band ${number}: there are ${bands.length}`);
  const { rowBytes } = left;
  const calls = code.callsIn(wasm);
  const values = Math.max(VALUES_PER_BLOCK, 2 ** band.bits.length);
  const mask = wasm.put(masksOf([band], rowBytes));
  const earlier = wasm.put(masksOf(bands.slice(0, number), rowBytes));
  const first = sortByBand(calls, wasm, left, mask, values);
  const second = same ? first : sortByBand(calls, wasm, right, mask, values);
  let compared = 0;
  wasm.collect({ left: left.ordinals, right: right.ordinals }, sink, () => {
    compared = calls.joinBand(first, second, same ? 1 : 0, rowBytes, values, band.flips, radiusBits, earlier, number);
  });
  return compared;
};

/** Values are looked at 64 at a time. */
const VALUES_PER_BLOCK = 64;

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

/** Sorts a tile by the band that `mask` points to; gives the pointer to its `Side`. */
const sortByBand = (calls: KernelCalls, wasm: Wasm, rows: LoadedRows, mask: number, valueCount: number): number => {
  const { pointer, rowBytes } = rows;
  const count = rows.ordinals.length;
  const rowOf = wasm.reserve(count * 4);
  const offsets = wasm.reserve((valueCount + 1) * 4);
  const filled = wasm.reserve(valueCount / 8);
  const heads = wasm.reserve(count * headBytesOf(rowBytes));
  const side = wasm.reserve(SIDE_WORDS * 4);
  wasm.words(side, SIDE_WORDS).set([pointer, rowOf, offsets, filled, heads]);
  const mark = wasm.mark();
  calls.sortByBand(side, count, rowBytes, mask, wasm.reserve(count * 4), valueCount);
  wasm.release(mark);
  return side;
};
