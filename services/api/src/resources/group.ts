import { iso } from "@lookalike/shared/domain/primitives/timestamp";
import type { Db } from "@lookalike/shared/store/open";
import type { listGroups } from "@lookalike/shared/store/results/groups";
import { type DecisionRow, decisionsOf } from "@lookalike/shared/store/review/decisions";
import { z } from "zod";
import { type Decision, Group } from "./schemas.ts";

type GroupRow = Awaited<ReturnType<typeof listGroups>>[number];

export const decisionResource = (row: DecisionRow): z.infer<typeof Decision> => ({
  id: row.id,
  job: row.jobId,
  group: row.groupNumber,
  verdict: row.verdict,
  members: row.members,
  keep: row.keep,
  undoes: row.undoes,
  decidedBy: row.decidedBy,
  decidedAt: iso(row.decidedAt),
});

/** Groups as clients see them, with the decisions about them. */
export const groupResources = async (db: Db, rows: readonly GroupRow[]): Promise<z.infer<typeof Group>[]> => {
  const ids = rows.flatMap(({ decisionId, reopenedId }) => [decisionId, reopenedId]).filter((id) => id !== null);
  const decisions = new Map((await decisionsOf(db, ids)).map((row) => [row.id, decisionResource(row)]));
  return z.array(Group).parse(
    rows.map(({ jobId, decisionId, reopenedId, ...group }) => ({
      ...group,
      job: jobId,
      decision: decisions.get(decisionId ?? "") ?? null,
      reopened: decisions.get(reopenedId ?? "") ?? null,
    })),
  );
};

/** Changes with whatever two people may change about a group at the same time. */
export const groupEtag = ({ job, number, decision }: z.infer<typeof Group>): string =>
  `"${job}.${number}.${decision?.id ?? "undecided"}"`;
