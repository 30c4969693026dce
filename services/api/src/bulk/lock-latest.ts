import { lockCatalog } from "@lookalike/shared/store/catalog/catalogs";
import type { JobRow } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import { latestResult } from "@lookalike/shared/store/review/decisions";
import { conflict } from "../http/problems.ts";

/**
 * Locks the catalog for decisions on a job's groups.
 * @throws HttpProblem 409 when a newer job has grouped the catalog: its groups may have the same numbers.
 */
export const lockLatest = async (tx: Db, { id, catalogId }: JobRow): Promise<void> => {
  await lockCatalog(tx, catalogId);
  const latest = await latestResult(tx, catalogId);
  if (latest === null) throw conflict("superseded", "This job has no groups yet. Wait until it is over.");
  if (latest.jobId !== id)
    throw conflict("superseded", `A newer job has grouped this catalog: decide on the groups of job ${latest.jobId}.`);
};
