import type { Backend } from "./backend.ts";
import { comparisonsOf, type EdgeSink, type HashRows, type Kernel, type RowPair, rowWords } from "./kernel.ts";
import { type LoadedRows, loadRows, Wasm } from "./wasm.ts";

/** SIMD looks at so many columns at once; a slab is filled up to a multiple of it. */
const COLUMNS = 64;
/** 4,096 rows of 256 bits stay in a core's second-level cache. */
const SLAB_ROWS = 4_096;
/** The early-out lets about this share of the groups of 64 random pairs be looked at in full. */
const SURVIVING_GROUPS = 0.03;

/** Compares every pair: `assembly/exhaustive.ts`, or its twin in `native/`. */
export const exhaustiveBy = (code: Backend): Kernel => {
  let memory: Wasm | undefined;
  return (pairs, radiusBits, sink) => {
    memory ??= new Wasm();
    return joinPairs(memory, code, pairs, radiusBits, sink);
  };
};

const joinPairs = (
  wasm: Wasm,
  code: Backend,
  pairs: readonly RowPair[],
  radiusBits: number,
  sink: EdgeSink,
): number => {
  const mark = wasm.mark();
  const loaded = new Map<HashRows, LoadedRows>();
  const loadOnce = (rows: HashRows): LoadedRows => {
    const known = loaded.get(rows) ?? loadRows(wasm, rows);
    loaded.set(rows, known);
    return known;
  };
  let comparisons = 0;
  const live = pairs.filter(({ left, right }) => left.ordinals.length > 0 && right.ordinals.length > 0);
  const join = slabJoiner(wasm, code, radiusBits, live[0] === undefined ? 0 : rowWords(live[0].left) * 4);
  for (const pair of live) {
    comparisons += comparisonsOf(pair);
    joinLoaded(wasm, { left: loadOnce(pair.left), right: loadOnce(pair.right), same: pair.same }, join, sink);
  }
  wasm.release(mark);
  return comparisons;
};

/** Two sets of rows in the kernel's memory. */
export interface LoadedPair {
  readonly left: LoadedRows;
  readonly right: LoadedRows;
  readonly same: boolean;
}

const joinLoaded = (wasm: Wasm, pair: LoadedPair, join: SlabJoiner, sink: EdgeSink): void =>
  wasm.collect({ left: pair.left.ordinals, right: pair.right.ordinals }, sink, () => {
    for (const slabs of slabPairs(pair.left.ordinals.length, pair.right.ordinals.length, pair.same)) join(pair, slabs);
  });

/** First rows of a slab of the left side and of one of the right side. */
interface SlabPair {
  readonly row: number;
  readonly column: number;
}

/** The slab pairs of two sides, column by column. */
export const slabPairs = (rows: number, columns: number, same: boolean): SlabPair[] => {
  const pairs: SlabPair[] = [];
  for (let column = 0; column < columns; column += SLAB_ROWS)
    for (let row = 0; row < (same ? column + 1 : rows); row += SLAB_ROWS) pairs.push({ row, column });
  return pairs;
};

type SlabJoiner = (pair: LoadedPair, slabs: SlabPair) => void;

/** Joins slab pairs; the planes of the last right slab are kept, for its next row slab. */
export const slabJoiner = (wasm: Wasm, code: Backend, radiusBits: number, rowBytes: number): SlabJoiner => {
  const calls = code.callsIn(wasm);
  const planes = wasm.reserve((SLAB_ROWS + COLUMNS) * rowBytes);
  const stageBytes = earlyOutBytes(rowBytes, radiusBits);
  let inPlanes: { right: LoadedRows; column: number } | undefined;
  return ({ left, right, same }, { row, column }) => {
    const columns = Math.min(SLAB_ROWS, right.ordinals.length - column);
    if (inPlanes?.right !== right || inPlanes.column !== column) {
      wasm.call.toPlanes(right.pointer + column * rowBytes, columns, rowBytes, planes);
      inPlanes = { right, column };
    }
    calls.joinRows(
      left.pointer + row * rowBytes,
      row,
      Math.min(SLAB_ROWS, left.ordinals.length - row),
      planes,
      column,
      columns,
      rowBytes,
      stageBytes,
      radiusBits,
      same && row === column ? 1 : 0,
    );
  };
};

/**
 * Bytes of a row after which 64 pairs of random hashes are all beyond the radius, but for
 * {@link SURVIVING_GROUPS} of the times; all bytes where none do.
 */
export const earlyOutBytes = (rowBytes: number, radiusBits: number): number => {
  for (let bytes = 1; bytes < rowBytes; bytes += 1)
    if (binomialBelow(bytes * 8, radiusBits) * COLUMNS <= SURVIVING_GROUPS) return bytes;
  return rowBytes;
};

/** P(X <= most) for X one bits among `bits` fair ones. */
const binomialBelow = (bits: number, most: number): number => {
  let term = 0.5 ** bits;
  let sum = 0;
  for (let ones = 0; ones <= Math.min(most, bits); ones += 1) {
    sum += term;
    term *= (bits - ones) / (ones + 1);
  }
  return sum;
};
