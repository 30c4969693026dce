import type { Edges } from "@lookalike/shared/domain/edges";
import type { BlockPair } from "@lookalike/shared/domain/plan";

/** The hashes of one block that take part in comparing: one row for each distinct hash. */
export interface BlockHashes {
  /** Ordinal of each row: the first image of the block that has the hash. */
  readonly ordinals: Uint32Array;
  /** The hashes, row after row, each padded with zeros to a multiple of 128 bits. */
  readonly words: Int32Array;
}

export interface JoinResult {
  readonly edges: Edges;
  /** Hash pairs compared. */
  readonly comparisons: number;
}

/** Finds every similar pair of hashes between two blocks, or within one (i = j). */
export interface Kernel {
  readonly name: string;
  /**
   * @param blocks the blocks that `pairs` names
   * @param radiusBits largest Hamming distance of an edge
   * @returns edges with ordinals a < b, in no particular order
   */
  join(blocks: ReadonlyMap<number, BlockHashes>, pairs: readonly BlockPair[], radiusBits: number): JoinResult;
}
