import type { Edges } from "@lookalike/shared/domain/grouping/edges";
import { at } from "@lookalike/shared/domain/primitives/columns";

/** Hashes that take part in comparing: one row for each distinct hash of a block or tile. */
export interface HashRows {
  /** Ordinal of each row: the first image that has the hash. */
  readonly ordinals: Uint32Array;
  /** The hashes, row after row, each in {@link spreadOrder} and padded with zeros to a multiple of 64 bits. */
  readonly words: Int32Array;
}

/** Takes edges as they are found, a < b, in no particular order; the arrays belong to the sink. */
export type EdgeSink = (edges: Edges) => void;

/** Two sets of rows to compare: a block pair, or a tile pair. */
export interface RowPair<Rows = HashRows> {
  readonly left: Rows;
  readonly right: Rows;
  /** The two are one: every pair of rows once. */
  readonly same: boolean;
}

/**
 * Finds every pair within `radiusBits` between the rows of each of `pairs`.
 * @returns pairs of hashes compared
 */
export type Kernel = (pairs: readonly RowPair[], radiusBits: number, sink: EdgeSink) => number;

/** Bytes of a row of hashes of so many bits. */
export const rowBytesOf = (hashBits: number): number => Math.ceil(hashBits / 64) * 8;

/**
 * Which byte of a hash is at each place of its row: by bit-reversed position, so that every prefix of a row samples the
 * whole hash. Neighbouring bits of a perceptual hash resemble each other, and kernels decide by a row's first bytes.
 */
export const spreadOrder = (hashBytes: number): Uint8Array =>
  Uint8Array.from({ length: hashBytes }, (_, byte) => byte).sort((x, y) => reversed(x) - reversed(y));

const reversed = (byte: number): number => {
  let result = 0;
  for (let bit = 0; bit < 5; bit += 1) result |= ((byte >> bit) & 1) << (4 - bit);
  return result;
};

/** The bytes of each row that the indexed kernel stores beside its band value. */
export const headBytesOf = (rowBytes: number): number => Math.min(rowBytes, 16);

/** 32-bit words of a row; 0 when there is no row. */
export const rowWords = ({ ordinals, words }: HashRows): number =>
  ordinals.length === 0 ? 0 : words.length / ordinals.length;

/** Pairs that the rows of two sets make. */
export const comparisonsOf = ({ left, right, same }: RowPair<Pick<HashRows, "ordinals">>): number => {
  const rows = left.ordinals.length;
  return same ? (rows * (rows - 1)) / 2 : rows * right.ordinals.length;
};

/** A kernel writes an edge as three words: row, column, distance. */
export const EDGE_WORDS = 3;

/** Found edges with their ordinals, of the rows on the left and on the right. */
export const edgesOf = (found: Uint32Array, left: Uint32Array, right: Uint32Array): Edges => {
  const count = found.length / EDGE_WORDS;
  const edges = { a: new Uint32Array(count), b: new Uint32Array(count), distance: new Uint8Array(count) };
  for (let edge = 0; edge < count; edge += 1) {
    const from = at(left, at(found, edge * EDGE_WORDS));
    const to = at(right, at(found, edge * EDGE_WORDS + 1));
    edges.a[edge] = Math.min(from, to);
    edges.b[edge] = Math.max(from, to);
    edges.distance[edge] = at(found, edge * EDGE_WORDS + 2);
  }
  return edges;
};
