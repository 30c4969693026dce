import { type CandidateTile, candidateTile, type EvidenceTile } from "@lookalike/engine/candidates/candidate-tile";
import { candidateFinderBy } from "@lookalike/engine/candidates/find-candidates";
import { fastestBackend } from "@lookalike/engine/compare/backend";
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
  | ({ readonly kernel: "indexed" } & BandJoin)
  | { readonly kernel: "candidates"; readonly left: EvidenceTile; readonly right: EvidenceTile };

export interface CompareRequest {
  readonly work: CompareWork;
  readonly parts: PartsPort;
}

export interface CompareAnswer extends FoundEdges {
  /** What compared: "indexed/", "exhaustive/" or "candidates/", and the instruction set. */
  readonly kernel: string;
  readonly comparisons: number;
}

/** Runs in a worker thread: compares, and sends the edges or candidates part by part. */
export default ({ work, parts }: CompareRequest): CompareAnswer => {
  const found = new EdgeParts(parts);
  const { comparisons, kernel } = compared(work, found);
  return { ...found.finish(), comparisons, kernel };
};

const compared = (work: CompareWork, found: EdgeParts): Pick<CompareAnswer, "comparisons" | "kernel"> => {
  switch (work.kernel) {
    case "exhaustive":
      return { comparisons: joinBlocks(work, found), kernel: fastestKernels.exhaustive.name };
    case "indexed":
      return { comparisons: fastestKernels.indexed.joinBand(work, found.add), kernel: fastestKernels.indexed.name };
    case "candidates":
      return { comparisons: joinTiles(work, found), kernel: `candidates/${fastestBackend.name}` };
  }
};

const findCandidates = candidateFinderBy(fastestBackend);

/** The tile that was decoded last: tasks that follow each other have one in common. */
let decoded: CandidateTile | undefined;

const joinTiles = ({ left, right }: Extract<CompareWork, { kernel: "candidates" }>, found: EdgeParts): number => {
  if (decoded?.id !== right.id) decoded = candidateTile(right);
  const { pairs, comparisons } = findCandidates(left.id === right.id ? decoded : candidateTile(left), decoded);
  found.addInParts(pairs);
  return comparisons;
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
