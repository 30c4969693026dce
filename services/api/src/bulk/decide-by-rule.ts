import { keepersByRule } from "@lookalike/shared/domain/review/bulk-rule";
import { bytesOfFiles } from "@lookalike/shared/domain/review/same-file";
import type { JobRow } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import { readGroupsToDecide } from "@lookalike/shared/store/results/groups";
import { appendDecisions, type NewDecision } from "@lookalike/shared/store/review/decisions";
import type { z } from "zod";
import { groupsOf } from "../plugins/tenant-scope.ts";
import type { BulkDecision, BulkResult } from "../resources/decision.ts";
import { lockLatest } from "./lock-latest.ts";

/** Decides every undecided group of some kinds by one rule, or says what that would be. @throws HttpProblem 409 when a newer job has grouped the catalog */
export const decideByRule = (
  db: Db,
  job: JobRow,
  { kinds, groups, keepUnder, minReclaimableBytes, preview }: z.infer<typeof BulkDecision>,
  decidedBy: string,
): Promise<z.infer<typeof BulkResult>> =>
  db.transaction(async (tx) => {
    await lockLatest(tx, job);
    const decisions: NewDecision[] = [];
    let kept = 0;
    let removed = 0;
    let reclaimableBytes = 0;
    for (const kind of new Set(kinds)) {
      const filter = { kind, minReclaimableBytes, decided: false, numbers: groups };
      for (const group of await readGroupsToDecide(tx, groupsOf(job), filter)) {
        const keep = keepersByRule(group, keepUnder);
        if (keep === null) continue;
        const members = group.members.map(({ ordinal }) => ordinal);
        decisions.push({ groupNumber: group.number, verdict: "keep", members, keep });
        const staying = new Set(keep);
        const others = group.members.filter(({ ordinal }) => !staying.has(ordinal));
        kept += keep.length;
        removed += others.length;
        reclaimableBytes += bytesOfFiles(others);
      }
    }
    if (!preview) await appendDecisions(tx, groupsOf(job), decidedBy, decisions);
    return { preview, groups: decisions.length, kept, removed, reclaimableBytes };
  });
