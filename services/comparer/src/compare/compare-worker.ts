import type { BandJoin } from "@lookalike/engine/compare/indexed";
import type { HashRows } from "@lookalike/engine/compare/kernel";
import { fastestKernels } from "@lookalike/engine/compare/kernels";
import type { BlockPair } from "@lookalike/shared/domain/job/plan";
import { EdgeParts, type FoundEdges, type PartsPort } from "./edge-parts.ts";

/** The work of one task, with the hashes it needs in shared memory. */
export type CompareWork =
  | {
      readonly kernel: "exhaustive";
      readonly blocks: ReadonlyMap<number, HashRows>;
      readonly pairs: readonly BlockPair[];
      readonly radiusBits: number;
    }
  | ({ readonly kernel: "indexed" } & BandJoin);

export interface CompareRequest {
  readonly work: CompareWork;
  readonly parts: PartsPort;
}

export interface CompareAnswer extends FoundEdges {
  /** What compared: "indexed/" or "exhaustive/", and the instruction set. */
  readonly kernel: string;
  readonly comparisons: number;
}

/** Runs in a worker thread: compares, and sends the edges part by part. */
export default ({ work, parts }: CompareRequest): CompareAnswer => {
  const found = new EdgeParts(parts);
  const indexed = work.kernel === "indexed";
  const comparisons = indexed ? fastestKernels.indexed.joinBand(work, found.add) : joinBlocks(work, found);
  return {
    ...found.finish(),
    comparisons,
    kernel: (indexed ? fastestKernels.indexed : fastestKernels.exhaustive).name,
  };
};

const joinBlocks = (
  { blocks, pairs, radiusBits }: Extract<CompareWork, { kernel: "exhaustive" }>,
  found: EdgeParts,
): number =>
  fastestKernels.exhaustive.join(
    pairs.map(({ i, j }) => {
      const left = blocks.get(i);
      const right = blocks.get(j);
      if (left === undefined || right === undefined) throw new Error(`block pair (${i}, ${j}): a block is missing`);
      return { left, right, same: i === j };
    }),
    radiusBits,
    found.add,
  );
