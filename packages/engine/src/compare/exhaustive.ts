import type { Backend } from "./backend.ts";
import { comparisonsOf, type EdgeSink, type HashRows, type Kernel, type RowPair, rowWords } from "./kernel.ts";
import { KernelMemory, type LoadedRows } from "./kernel-memory.ts";

/** SIMD compares a row with so many columns at once; a slab is filled up to a multiple of it. */
const COLUMNS = 64;
/** 4,096 rows of 256 bits stay in a core's second-level cache. */
const SLAB_ROWS = 4_096;
/** The early-out lets about this share of the groups of 64 random pairs be compared in full. */
const SURVIVING_GROUPS = 0.03;

/** Compares every pair, by the kernel `join_rows`. */
export const exhaustiveBy = (backend: Backend): Kernel => {
  let memory: KernelMemory | undefined;
  return (pairs, radiusBits, sink) => {
    memory ??= new KernelMemory(backend);
    return joinPairs(memory, pairs, radiusBits, sink);
  };
};

const joinPairs = (memory: KernelMemory, pairs: readonly RowPair[], radiusBits: number, sink: EdgeSink): number => {
  const nonEmpty = pairs.filter(({ left, right }) => left.ordinals.length > 0 && right.ordinals.length > 0);
  const [first] = nonEmpty;
  if (first === undefined) return 0;
  memory.scratch(() => {
    const loaded = new Map<HashRows, LoadedRows>();
    const loadOnce = (rows: HashRows): LoadedRows => {
      const known = loaded.get(rows) ?? memory.load(rows);
      loaded.set(rows, known);
      return known;
    };
    const join = slabJoiner(memory, radiusBits, rowWords(first.left) * 4);
    for (const pair of nonEmpty) {
      const [left, right] = [loadOnce(pair.left), loadOnce(pair.right)];
      memory.collect(left, right, sink, () => {
        for (const slabs of slabPairs(left.ordinals.length, right.ordinals.length, pair.same))
          join({ left, right, same: pair.same }, slabs);
      });
    }
  });
  return nonEmpty.reduce((sum, pair) => sum + comparisonsOf(pair), 0);
};

/** The slab pairs of two sides, column by column: the first row of the left slab and of the right one. */
export const slabPairs = (rows: number, columns: number, same: boolean) => {
  const pairs: { row: number; column: number }[] = [];
  for (let column = 0; column < columns; column += SLAB_ROWS)
    for (let row = 0; row < (same ? column + 1 : rows); row += SLAB_ROWS) pairs.push({ row, column });
  return pairs;
};

/** Joins slab pairs; the planes of the last right slab are cached, for its next row slab. */
export const slabJoiner = (memory: KernelMemory, radiusBits: number, rowBytes: number) => {
  const planes = memory.reserve((SLAB_ROWS + COLUMNS) * rowBytes);
  const stageBytes = earlyOutBytes(rowBytes, radiusBits);
  let inPlanes: { right: LoadedRows; column: number } | undefined;
  return ({ left, right, same }: RowPair<LoadedRows>, { row, column }: { row: number; column: number }): void => {
    const rightCount = Math.min(SLAB_ROWS, right.ordinals.length - column);
    if (inPlanes?.right !== right || inPlanes.column !== column) {
      memory.run("to_planes", { rows: right.pointer + column * rowBytes, count: rightCount, rowBytes, planes });
      inPlanes = { right, column };
    }
    memory.run("join_rows", {
      left: left.pointer + row * rowBytes,
      leftFirst: row,
      leftCount: Math.min(SLAB_ROWS, left.ordinals.length - row),
      planes,
      rightFirst: column,
      rightCount,
      rowBytes,
      stageBytes,
      radius: radiusBits,
      same: same && row === column ? 1 : 0,
      ...memory.edgeBuffer,
    });
  };
};

/**
 * Bytes of a row after which 64 pairs of random hashes are all beyond the radius, but for
 * {@link SURVIVING_GROUPS} of the times; all bytes where none do.
 */
export const earlyOutBytes = (rowBytes: number, radiusBits: number): number => {
  for (let bytes = 1; bytes < rowBytes; bytes += 1)
    if (binomialAtMost(bytes * 8, radiusBits) * COLUMNS <= SURVIVING_GROUPS) return bytes;
  return rowBytes;
};

/** P(X <= most) for X one bits among `bits` fair ones. */
const binomialAtMost = (bits: number, most: number): number => {
  let term = 0.5 ** bits;
  let sum = 0;
  for (let ones = 0; ones <= Math.min(most, bits); ones += 1) {
    sum += term;
    term *= (bits - ones) / (ones + 1);
  }
  return sum;
};
