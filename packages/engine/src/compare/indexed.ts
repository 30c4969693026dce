import type { Backend } from "./backend.ts";
import { masksOf, sortByBand, valueCountOf } from "./band-sides.ts";
import { type Band, bandsOf } from "./bands.ts";
import { exhaustiveIsCheaper } from "./choose-kernel.ts";
import { slabJoiner, slabPairs } from "./exhaustive.ts";
import { comparisonsOf, type EdgeSink, type HashRows, type RowPair } from "./kernel.ts";
import { KernelMemory, type LoadedRows } from "./kernel-memory.ts";

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
 * The edges of a tile pair that one band brings together and no earlier one does: all bands together find each edge
 * once. Where the bands are unselective, each band does its share of an exhaustive join instead. The tile pair stays in
 * memory for its next band.
 * @returns pairs of hashes compared
 */
export type JoinBand = (join: BandJoin, sink: EdgeSink) => number;

/** A tile pair in memory, equal hashes collapsed across a tile's blocks; the smaller tile is the left one. */
interface TilePair extends RowPair<LoadedRows> {
  readonly id: string;
  readonly memory: KernelMemory;
  readonly bands: readonly Band[];
  /** Offset of the bands' {@link masksOf}. */
  readonly masks: number;
  /** The hashes resemble each other so much that the bands bring too many pairs together. */
  readonly unselective: boolean;
}

/** How many pairs of rows are sampled to learn whether the bands of a tile pair are selective. */
const SAMPLED_PAIRS = 20_000;

/** Joins by bands, by the kernels `sort_by_band` and `join_band`. */
export const indexedBy = (backend: Backend): JoinBand => {
  let loaded: TilePair | undefined;
  return (join, sink) => {
    if (join.left.ordinals.length === 0 || join.right.ordinals.length === 0) return 0;
    const id = [join.left.id, join.right.id, join.hashBits, join.radiusBits, join.bands].join(" ");
    const pair = loaded?.id === id ? loaded : load(backend, id, join);
    loaded = pair;
    return pair.memory.scratch(() => (pair.unselective ? joinShare : joinSorted)(pair, join, sink));
  };
};

const load = (backend: Backend, id: string, join: BandJoin): TilePair => {
  const { left: first, right: second, hashBits, radiusBits } = join;
  const bands = bandsOf(hashBits, radiusBits, join.bands);
  if (bands === null)
    throw new RangeError(`${join.bands} bands of ${hashBits} bits at radius ${radiusBits}: impossible`);
  const memory = new KernelMemory(backend);
  const pair = loadPair(memory, first, second);
  const loaded = { id, memory, ...pair, bands, masks: memory.put(masksOf(bands, hashBits)) };
  return { ...loaded, unselective: bandsUnselective(loaded, radiusBits) };
};

const loadPair = (memory: KernelMemory, first: Tile, second: Tile): RowPair<LoadedRows> => {
  const a = loadCollapsed(memory, first);
  if (first.id === second.id) return { left: a, right: a, same: true };
  const b = loadCollapsed(memory, second);
  const [left, right] = a.ordinals.length <= b.ordinals.length ? [a, b] : [b, a];
  return { left, right, same: false };
};

const loadCollapsed = (memory: KernelMemory, tile: Tile): LoadedRows => {
  const { ordinals, pointer, rowBytes } = memory.load(tile);
  const count = ordinals.length;
  return memory.scratch(() => {
    const collapsed = memory.put(ordinals);
    const slots = 2 ** Math.ceil(Math.log2(count * 1.5 + 1));
    const table = memory.reserve(slots * 8);
    const distinct = memory.run("collapse_rows", { rows: pointer, ordinals: collapsed, count, rowBytes, table, slots });
    return { ordinals: memory.words(collapsed, distinct).slice(), pointer, rowBytes };
  });
};

/** Decides by a sample of the tile pair itself, so that each of its bands decides the same. */
const bandsUnselective = (pair: Omit<TilePair, "unselective">, radiusBits: number): boolean => {
  const { memory, left, right, bands, masks } = pair;
  const { rowBytes } = left;
  const collisions = memory.run("sample_collisions", {
    left: left.pointer,
    leftCount: left.ordinals.length,
    right: right.pointer,
    rightCount: right.ordinals.length,
    rowBytes,
    bands: masks,
    bandCount: bands.length,
    samples: SAMPLED_PAIRS,
  });
  return exhaustiveIsCheaper(memory.backend.name, collisions / SAMPLED_PAIRS, rowBytes, radiusBits);
};

/** This band's slab pairs of an exhaustive join: each `bands`-th one. */
const joinShare = (pair: TilePair, { radiusBits, band, bands }: BandJoin, sink: EdgeSink): number => {
  const { memory, left, right, same } = pair;
  const join = slabJoiner(memory, radiusBits, left.rowBytes);
  memory.collect(left, right, sink, () => {
    slabPairs(left.ordinals.length, right.ordinals.length, same).forEach((slabs, number) => {
      if (number % bands === band) join(pair, slabs);
    });
  });
  return Math.floor(comparisonsOf(pair) / bands);
};

const joinSorted = (
  { memory, left, right, same, bands, masks }: TilePair,
  { band: number, radiusBits }: BandJoin,
  sink: EdgeSink,
): number => {
  const band = bands[number];
  if (band === undefined) throw new RangeError(`band ${number}: there are ${bands.length}`);
  const { rowBytes } = left;
  const valueCount = valueCountOf(band);
  const mask = masks + number * (rowBytes + 8);
  const first = sortByBand(memory, left, mask, valueCount);
  const second = same ? first : sortByBand(memory, right, mask, valueCount);
  let compared = 0;
  memory.collect(left, right, sink, () => {
    compared = memory.run("join_band", {
      left: first.side,
      right: second.side,
      same: same ? 1 : 0,
      rowBytes,
      valueCount,
      flips: band.flips,
      radius: radiusBits,
      earlier: masks,
      earlierCount: number,
      ...memory.edgeBuffer,
    });
  });
  return compared;
};
