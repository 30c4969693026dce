import { exhaustive } from "@lookalike/engine/exhaustive";
import type { BlockHashes } from "@lookalike/engine/kernel";
import { edgeCount, encodeEdges } from "@lookalike/shared/domain/edges";
import type { BlockPair } from "@lookalike/shared/domain/plan";

export interface CompareRequest {
  readonly blocks: ReadonlyMap<number, BlockHashes>;
  readonly pairs: readonly BlockPair[];
  readonly radiusBits: number;
}

export interface CompareAnswer {
  readonly edges: Uint8Array;
  readonly edgeCount: number;
  readonly comparisons: number;
  readonly kernel: string;
}

/** Runs in a worker thread: compares the block pairs of one task. */
export default ({ blocks, pairs, radiusBits }: CompareRequest): CompareAnswer => {
  const { edges, comparisons } = exhaustive.join(blocks, pairs, radiusBits);
  return { edges: encodeEdges(edges), edgeCount: edgeCount(edges), comparisons, kernel: exhaustive.name };
};
