import type { Decision } from "@lookalike/client";

/** Decisions that one request made: an owner sees and undoes them as one. */
export interface Batch {
  readonly decidedAt: string;
  readonly decidedBy: string;
  readonly decisions: readonly Decision[];
}

/** The effective decisions of a list that is newest first, those of one moment and person together. */
export const batchesOf = (decisions: readonly Decision[]): Batch[] => {
  const undone = new Set(decisions.map(({ undoes }) => undoes));
  const batches: { decidedAt: string; decidedBy: string; decisions: Decision[] }[] = [];
  for (const decision of decisions) {
    if (decision.undoes !== null || undone.has(decision.id)) continue;
    const { decidedAt, decidedBy } = decision;
    const last = batches.at(-1);
    if (last !== undefined && last.decidedAt === decidedAt && last.decidedBy === decidedBy)
      last.decisions.push(decision);
    else batches.push({ decidedAt, decidedBy, decisions: [decision] });
  }
  return batches;
};
