import { pairOrder } from "@lookalike/shared/domain/grouping/edges";
import { at, byteAt } from "@lookalike/shared/domain/primitives/columns";
import type { Backend } from "../compare/backend.ts";
import { masksOf, type SortedSide, sortByBand } from "../compare/band-sides.ts";
import { KernelMemory, type LoadedRows } from "../compare/kernel-memory.ts";
import { DESCRIPTOR_BITS, KEY_TABLES, keyBands, keyBitsOf, SHARED_BITS } from "./feature-keys.ts";
import { FeatureMatches, type FeaturePairs } from "./feature-matches.ts";
import { type FeatureTile, halvesOf, mirroredTile } from "./feature-tile.ts";
import { frequentKeys, MOST_PICTURES, type SideKeys } from "./frequent-keys.ts";

/** One tile pair: the unit of work. */
export interface FeatureJoin {
  readonly left: FeatureTile;
  readonly right: FeatureTile;
  /** Whether the left pictures are mirrored. */
  readonly mirrored: boolean;
}

/**
 * The pairs of pictures of a tile pair that share at least two features that are placed alike. Two features are compared where they agree in a key, and decided by the
 * first table in which they agree: where too many pictures of the two tiles have that key, they say nothing. The result is a function of the two tiles, the same for
 * every backend.
 */
export type JoinFeatures = (join: FeatureJoin) => FeaturePairs;

interface JoinLimits {
  /** A tile pair with more matches is joined in parts, with the same result. */
  readonly mostMatches?: number;
  /** Keys that more pictures have say nothing. */
  readonly mostPictures?: number;
}

/** Matches that are collected at once take a quarter of a gigabyte. A tile pair with more is joined in parts, whose pairs of pictures are others. */
const MOST_MATCHES = 2 ** 23;

/** Joins features by the kernels `sort_by_band` and `join_band`. */
export const featureJoinerBy = (
  backend: Backend,
  { mostMatches = MOST_MATCHES, mostPictures = MOST_PICTURES }: JoinLimits = {},
): JoinFeatures => {
  let memory: KernelMemory | undefined;
  return ({ left, right, mirrored }) => {
    memory ??= new KernelMemory(backend);
    const isSame = left.id === right.id;
    const keyBits = keyBitsOf(left.ordinals.length + (isSame ? 0 : right.ordinals.length));
    const join = { left: mirrored ? mirroredTile(left) : left, right, isSame, keyBits, mostPictures, frequent: null };
    return sortedPairs([...joinParts(memory, join, mostMatches)]);
  };
};

interface TileJoin {
  readonly left: FeatureTile;
  readonly right: FeatureTile;
  /** Both tiles have the same pictures, mirrored or not: of each pair of pictures the one with the smaller ordinal is on the left. */
  readonly isSame: boolean;
  readonly keyBits: number;
  readonly mostPictures: number;
  /** By table the keys that say nothing, of the tiles that this is a part of; null = it is no part, and they are counted. */
  readonly frequent: readonly Uint32Array[] | null;
}

function* joinParts(memory: KernelMemory, join: TileJoin, mostMatches: number): Generator<FeaturePairs> {
  if (join.left.ordinals.length === 0 || join.right.ordinals.length === 0) return;
  const isDivisible = halvesOf(join.left) !== null || halvesOf(join.right) !== null;
  const matches = new FeatureMatches(join, isDivisible ? mostMatches : Number.POSITIVE_INFINITY);
  memory.scratch(() => collectMatches(memory, join, matches));
  if (!matches.isFull) yield matches.pairs();
  else {
    const frequent = join.frequent ?? memory.scratch(() => allFrequent(memory, join));
    for (const part of partsOf({ ...join, frequent })) yield* joinParts(memory, part, mostMatches);
  }
}

/** The join in parts, which have no pair of pictures in common; none where it is of one pair of pictures. */
const partsOf = (join: TileJoin): TileJoin[] => {
  const { left, right, isSame } = join;
  const [first, second] = [halvesOf(left), halvesOf(right)];
  if (isSame && first !== null && second !== null)
    return [
      { ...join, left: first[0], right: second[0] },
      { ...join, left: first[0], right: second[1], isSame: false },
      { ...join, left: first[1], right: second[1] },
    ];
  if (first !== null && (second === null || left.ordinals.length >= right.ordinals.length))
    return first.map((half) => ({ ...join, left: half }));
  return second === null ? [] : second.map((half) => ({ ...join, right: half }));
};

/** The two tiles of a join in a kernel's memory, to be sorted by one key after the other. */
interface LoadedSides {
  readonly first: LoadedRows;
  readonly second: LoadedRows;
  readonly masks: number;
}

const loadSides = (memory: KernelMemory, { left, right, keyBits }: TileJoin): LoadedSides => {
  const first = memory.load(left);
  const second = left.id === right.id ? first : memory.load(right);
  return { first, second, masks: memory.put(masksOf(keyBands(keyBits), DESCRIPTOR_BITS)) };
};

/** Both sides by the keys of a table. */
const sortSides = (
  memory: KernelMemory,
  { first, second, masks }: LoadedSides,
  { keyBits }: TileJoin,
  table: number,
): [SortedSide, SortedSide] => {
  const mask = masks + table * (first.rowBytes + 8);
  const left = sortByBand(memory, first, mask, 2 ** keyBits);
  return [left, first === second ? left : sortByBand(memory, second, mask, 2 ** keyBits)];
};

const collectMatches = (memory: KernelMemory, join: TileJoin, matches: FeatureMatches): void => {
  const { left, right, keyBits } = join;
  const sides = loadSides(memory, join);
  const isTriangle = sides.first === sides.second;
  // The kernels' edges have rows, not ordinals; the right side's are counted on after those of the left one.
  const rows = {
    left: numbersFrom(0, left),
    right: isTriangle ? numbersFrom(0, left) : numbersFrom(left.ordinals.length, right),
  };
  const offset = isTriangle ? 0 : left.ordinals.length;
  memory.collect(
    { ordinals: rows.left },
    { ordinals: rows.right },
    ({ a, b }) => matches.add(a, b, offset),
    () => {
      for (let table = 0; table < KEY_TABLES && !matches.isFull; table += 1)
        memory.scratch(() => {
          const [x, y] = sortSides(memory, sides, join, table);
          dropKeys(memory, x, join, join.frequent?.[table] ?? frequentIn(memory, sides, join, x, y));
          memory.run("join_band", {
            left: x.side,
            right: y.side,
            same: isTriangle ? 1 : 0,
            rowBytes: sides.first.rowBytes,
            valueCount: 2 ** keyBits,
            flips: 0,
            radius: SHARED_BITS,
            earlier: sides.masks,
            earlierCount: table,
            ...memory.edgeBuffer,
          });
        });
    },
  );
};

const numbersFrom = (from: number, { ordinals }: FeatureTile): Uint32Array => ordinals.map((_, row) => from + row);

/** The frequent keys of all tables. */
const allFrequent = (memory: KernelMemory, join: TileJoin): Uint32Array[] => {
  const sides = loadSides(memory, join);
  return Array.from({ length: KEY_TABLES }, (_, table) =>
    memory.scratch(() => frequentIn(memory, sides, join, ...sortSides(memory, sides, join, table))),
  );
};

const frequentIn = (
  memory: KernelMemory,
  { first, second }: LoadedSides,
  { keyBits, mostPictures }: TileJoin,
  x: SortedSide,
  y: SortedSide,
): Uint32Array => {
  const keysOf = ({ ordinals }: LoadedRows, { offsets, rowOf }: SortedSide): SideKeys => ({
    ordinals,
    offsets: memory.words(offsets, 2 ** keyBits + 1),
    rowOf: memory.words(rowOf, ordinals.length),
  });
  return frequentKeys(keysOf(first, x), x === y ? null : keysOf(second, y), mostPictures);
};

/** A key that is not filled on one side brings nothing together. */
const dropKeys = (memory: KernelMemory, { filled }: SortedSide, { keyBits }: TileJoin, keys: Uint32Array): void => {
  const words = memory.words(filled, 2 ** keyBits / 32);
  for (const key of keys) words[key >> 5] = at(words, key >> 5) & ~(1 << (key & 31));
};

const sortedPairs = (parts: readonly FeaturePairs[]): FeaturePairs => {
  const [only] = parts;
  const all = parts.length === 1 && only !== undefined ? only : joined(parts);
  const order = pairOrder(all.a, all.b);
  return {
    a: order.map((pair) => at(all.a, pair)),
    b: order.map((pair) => at(all.b, pair)),
    shared: Uint8Array.from(order, (pair) => byteAt(all.shared, pair)),
  };
};

const joined = (parts: readonly FeaturePairs[]): FeaturePairs => {
  const count = parts.reduce((sum, { a }) => sum + a.length, 0);
  const all = { a: new Uint32Array(count), b: new Uint32Array(count), shared: new Uint8Array(count) };
  let from = 0;
  for (const part of parts) {
    all.a.set(part.a, from);
    all.b.set(part.b, from);
    all.shared.set(part.shared, from);
    from += part.a.length;
  }
  return all;
};
