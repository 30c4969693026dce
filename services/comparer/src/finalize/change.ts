import { affectedImages } from "@lookalike/shared/domain/grouping/affected-images";
import { EdgeList, encodeEdges } from "@lookalike/shared/domain/grouping/edges";
import { mayJoin } from "@lookalike/shared/domain/grouping/relation";
import type { VerifiedPair } from "@lookalike/shared/domain/grouping/verified-pairs";
import { contentDigestAt, STATE } from "@lookalike/shared/domain/image/hash-block";
import { listed } from "@lookalike/shared/domain/job/job";
import { has, OrdinalSet } from "@lookalike/shared/domain/primitives/bit-set";
import { toHex } from "@lookalike/shared/domain/primitives/encoding";
import { listFlats } from "@lookalike/shared/store/blocks/hash-blocks";
import { requireWhole } from "@lookalike/shared/store/blocks/required-blocks";
import { movedSince, vanishedSince } from "@lookalike/shared/store/catalog/images";
import { type JobRow, jobOf } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import { streamResults } from "@lookalike/shared/store/results/compare-results";
import type { Base } from "@lookalike/shared/store/results/results";
import { decidedSince } from "@lookalike/shared/store/review/decisions";

/** How a catalog differs from what it was when the base was grouped. */
export interface Change {
  readonly firstNewOrdinal: number;
  readonly vanishedSinceBase: ReadonlySet<number>;
  /** Images that had vanished before it, and are there again. */
  readonly returnedSinceBase: ReadonlySet<number>;
  /** Images whose groups may be others than in the base. */
  readonly affected: OrdinalSet;
}

/**
 * @param base null = there was nothing, so everything is new
 * @param pairs what was found about pairs, where the groups are families: then hashes connect no two images of which somebody has said that they are not the same
 */
export const changeSince = async (
  db: Db,
  job: JobRow,
  base: Base | null,
  pairs: readonly VerifiedPair[] = [],
): Promise<Change> => {
  const { blockSize, thresholdBits } = listed(jobOf(job));
  const extent = job.totalBlocks * blockSize;
  if (base === null)
    return {
      firstNewOrdinal: 0,
      vanishedSinceBase: new Set(),
      returnedSinceBase: new Set(),
      affected: OrdinalSet.below(extent),
    };
  const firstNewOrdinal = base.blocks * blockSize;
  const vanishedSinceBase = new Set(await vanishedSince(db, job.catalogId, base.jobId));
  // A keeper may have been chosen by its name or its time.
  const moved = await movedSince(db, job.catalogId, base.jobId);
  const returnedSinceBase = new Set(moved.filter(({ returned }) => returned).map(({ ordinal }) => ordinal));
  const changed = new OrdinalSet([
    ...vanishedSinceBase,
    ...moved.map(({ ordinal }) => ordinal),
    ...(await decidedSince(db, job.catalogId, base)),
  ]);
  for (let ordinal = firstNewOrdinal; ordinal < extent; ordinal += 1) changed.add(ordinal);
  for (const ordinal of await flatDuplicates(db, job, changed)) changed.add(ordinal);
  const { equalImages: edges } = base;
  const keyOf = (a: number, b: number): number => Math.min(a, b) * extent + Math.max(a, b);
  const joins = ({ kind }: VerifiedPair): boolean => kind !== null && kind !== "over-limit" && mayJoin(kind);
  const joined = new EdgeList();
  for (const pair of pairs) if (joins(pair)) joined.add(pair.a, pair.b, 0);
  const refused = new Set(pairs.filter((pair) => !joins(pair)).map(({ a, b }) => keyOf(a, b)));
  async function* connections() {
    yield { edges };
    yield { edges: encodeEdges(joined.edges) };
    yield* streamResults(db, job.id);
  }
  const connects = (a: number, b: number, distance: number): boolean =>
    distance <= thresholdBits && !refused.has(keyOf(a, b));
  const affected = await affectedImages(extent, connections(), connects, changed);
  return { firstNewOrdinal, vanishedSinceBase, returnedSinceBase, affected };
};

/** Flat images with the bytes of a changed one: they are not compared, so no edge connects them. */
const flatDuplicates = async (db: Db, job: JobRow, changed: OrdinalSet): Promise<number[]> => {
  const { blockSize } = listed(jobOf(job));
  const flats: { ordinal: number; digest: string }[] = [];
  for (const block of (await listFlats(db, job)).filter(({ block }) => has(job.blocksDone, block))) {
    requireWhole(job.catalogId, block);
    block.states.forEach((state, position) => {
      const digest = state === STATE.flat ? contentDigestAt(block, position) : null;
      if (digest !== null) flats.push({ ordinal: block.block * blockSize + position, digest: toHex(digest) });
    });
  }
  const changedDigests = new Set(flats.filter(({ ordinal }) => changed.has(ordinal)).map(({ digest }) => digest));
  return flats.filter(({ digest }) => changedDigests.has(digest)).map(({ ordinal }) => ordinal);
};
