import type { PairOfKind } from "@lookalike/shared/domain/grouping/verified-edges";
import { decodeVerifiedPairs } from "@lookalike/shared/domain/grouping/verified-pairs";
import type { JobRow } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import { streamVerdicts } from "@lookalike/shared/store/results/verify-results";

/**
 * What is known of the pairs that a job and those that it builds on have found; none where they are not verified. Pairs of tasks in
 * quarantine have no verdict.
 * @throws MissingDataError where verdicts are not stored
 */
export const readPairs = async (db: Db, job: JobRow): Promise<PairOfKind[]> => {
  const pairs: PairOfKind[] = [];
  if (!job.verification) return pairs;
  for await (const { results } of streamVerdicts(db, job.id))
    for (const { a, b, kind } of decodeVerifiedPairs(results)) pairs.push({ a, b, kind });
  return pairs;
};
