import { decodeVerifiedPairs, type VerifiedPair } from "@lookalike/shared/domain/grouping/verified-pairs";
import { missingData } from "@lookalike/shared/runtime/errors";
import type { JobRow } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import { streamVerdicts } from "@lookalike/shared/store/results/verify-results";

/** Whether a pair was found and nobody looked at it. */
export const isUnverified = ({ kind }: VerifiedPair): boolean => kind === "unverified" || kind === "over-limit";

/**
 * What is known of the pairs that a job and those that it builds on have found; none where they are not verified. Pairs of tasks in
 * quarantine have no verdict. What was measured of pairs that are not the same is left out. A pair that several tasks have found is there once at least, and not as
 * unverified where one of them has looked.
 * @throws MissingDataError where verdicts are not stored, or of another version
 */
export const readPairs = async (db: Db, job: JobRow): Promise<VerifiedPair[]> => {
  const pairs: VerifiedPair[] = [];
  if (!job.verification) return pairs;
  for await (const { results } of streamVerdicts(db, job.id))
    for (const { a, b, kind, facts } of decoded(job, results))
      pairs.push({ a, b, kind, facts: kind === null ? null : facts });
  if (!pairs.some(isUnverified)) return pairs;
  const looked = new Set(pairs.filter((pair) => !isUnverified(pair)).map(pairKey));
  return pairs.filter((pair) => !isUnverified(pair) || !looked.has(pairKey(pair)));
};

/** A number for each pair of ordinals a < b: both fit the 53 bits of a double. */
export const pairKey = ({ a, b }: Pick<VerifiedPair, "a" | "b">): number => b * MAX_IMAGES + a;
const MAX_IMAGES = 2 ** 26;

const decoded = (job: JobRow, results: Uint8Array): VerifiedPair[] => {
  try {
    return decodeVerifiedPairs(results);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw missingData([`verdicts of this version, for job ${job.id}`], "A job of mode full looks at all pairs again.");
  }
};
