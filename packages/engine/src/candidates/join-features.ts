import { pairOrder } from "@lookalike/shared/domain/grouping/edges";
import { at, byteAt } from "@lookalike/shared/domain/primitives/columns";
import type { Backend } from "../compare/backend.ts";
import { masksOf, type SortedSide, sortByBand } from "../compare/band-sides.ts";
import { KernelMemory, type LoadedRows } from "../compare/kernel-memory.ts";
import { DESCRIPTOR_BITS, KEY_TABLES, keyBands, SHARED_BITS } from "./feature-keys.ts";
import { FeatureMatches, type FeaturePairs } from "./feature-matches.ts";
import { type FeatureTile, halvesOf, mirroredTile } from "./feature-tile.ts";
import type { FrequentKeys } from "./key-counts.ts";

/** One tile pair: the unit of work. */
export interface FeatureJoin {
  readonly left: FeatureTile;
  readonly right: FeatureTile;
  /** Of the whole catalog. */
  readonly frequent: FrequentKeys;
  /** Whether the left pictures are mirrored. */
  readonly mirrored: boolean;
}

/**
 * The pairs of pictures of a tile pair that share at least two features that are placed alike. Two features are compared where they agree in a key, and decided by the
 * first table in which they agree: where too many pictures of the catalog have that key, they say nothing. The result is the same for every backend, and
 * whatever other tile pairs there are.
 */
export type JoinFeatures = (join: FeatureJoin) => FeaturePairs;

/** Matches that are collected at once take a quarter of a gigabyte. A tile pair with more is joined in parts, whose pairs of pictures are others. */
const MOST_MATCHES = 2 ** 23;

/** Joins features by the kernels `sort_by_band` and `join_band`. @param mostMatches a tile pair with more is joined in parts, with the same result */
export const featureJoinerBy = (backend: Backend, mostMatches = MOST_MATCHES): JoinFeatures => {
  let memory: KernelMemory | undefined;
  return ({ left, right, frequent, mirrored }) => {
    memory ??= new KernelMemory(backend);
    const join = { left: mirrored ? mirroredTile(left) : left, right, frequent, isSame: left.id === right.id };
    return sortedPairs([...joinParts(memory, join, mostMatches)]);
  };
};

interface TileJoin extends Omit<FeatureJoin, "mirrored"> {
  /** Both tiles have the same pictures, mirrored or not: of each pair of pictures the one with the smaller ordinal is on the left. */
  readonly isSame: boolean;
}

function* joinParts(memory: KernelMemory, join: TileJoin, mostMatches: number): Generator<FeaturePairs> {
  if (join.left.ordinals.length === 0 || join.right.ordinals.length === 0) return;
  const parts = partsOf(join);
  const matches = new FeatureMatches(join, parts.length === 0 ? Number.POSITIVE_INFINITY : mostMatches);
  memory.scratch(() => collectMatches(memory, join, matches));
  if (!matches.isFull) yield matches.pairs();
  else for (const part of parts) yield* joinParts(memory, part, mostMatches);
}

/** The join in parts, which have no pair of pictures in common; none where it is of one pair of pictures. */
const partsOf = ({ left, right, frequent, isSame }: TileJoin): TileJoin[] => {
  const [first, second] = [halvesOf(left), halvesOf(right)];
  if (isSame && first !== null && second !== null)
    return [
      { left: first[0], right: second[0], frequent, isSame },
      { left: first[0], right: second[1], frequent, isSame: false },
      { left: first[1], right: second[1], frequent, isSame },
    ];
  if (first !== null && (second === null || left.ordinals.length >= right.ordinals.length))
    return first.map((half) => ({ left: half, right, frequent, isSame }));
  return second === null ? [] : second.map((half) => ({ left, right: half, frequent, isSame }));
};

const collectMatches = (
  memory: KernelMemory,
  { left, right, frequent, isSame }: TileJoin,
  matches: FeatureMatches,
): void => {
  const { keyBits } = frequent;
  const isTriangle = isSame && left.id === right.id;
  const first = memory.load(left);
  const second = isTriangle ? first : memory.load(right);
  const masks = memory.put(masksOf(keyBands(keyBits), DESCRIPTOR_BITS));
  const valueCount = 2 ** keyBits;
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
          const mask = masks + table * (first.rowBytes + 8);
          const [x, y] = sortedSides(memory, first, second, mask, valueCount);
          dropFrequent(memory, x, table, frequent);
          memory.run("join_band", {
            left: x.side,
            right: y.side,
            same: isTriangle ? 1 : 0,
            rowBytes: first.rowBytes,
            valueCount,
            flips: 0,
            radius: SHARED_BITS,
            earlier: masks,
            earlierCount: table,
            ...memory.edgeBuffer,
          });
        });
    },
  );
};

const numbersFrom = (from: number, { ordinals }: FeatureTile): Uint32Array => ordinals.map((_, row) => from + row);

const sortedSides = (
  memory: KernelMemory,
  first: LoadedRows,
  second: LoadedRows,
  mask: number,
  valueCount: number,
): [SortedSide, SortedSide] => {
  const left = sortByBand(memory, first, mask, valueCount);
  return [left, first === second ? left : sortByBand(memory, second, mask, valueCount)];
};

/** A key that is not filled on one side brings nothing together. */
const dropFrequent = (
  memory: KernelMemory,
  { filled }: SortedSide,
  table: number,
  { keyBits, numbers }: FrequentKeys,
): void => {
  const words = memory.words(filled, 2 ** keyBits / 32);
  const [from, to] = [table * 2 ** keyBits, (table + 1) * 2 ** keyBits];
  for (let next = firstAtLeast(numbers, from); next < numbers.length && at(numbers, next) < to; next += 1) {
    const key = at(numbers, next) - from;
    words[key >> 5] = at(words, key >> 5) & ~(1 << (key & 31));
  }
};

/** The first of ascending numbers that is at least so large, by halving. */
const firstAtLeast = (numbers: Uint32Array, least: number): number => {
  let [from, to] = [0, numbers.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (at(numbers, middle) < least) from = middle + 1;
    else to = middle;
  }
  return from;
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
