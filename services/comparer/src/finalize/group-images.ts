import type { FindDamage } from "@lookalike/shared/domain/grouping/check-keeper";
import { classEdges, equalImages } from "@lookalike/shared/domain/grouping/class-edges";
import { byFirstMembers } from "@lookalike/shared/domain/grouping/grouping";
import { classifyImages } from "@lookalike/shared/domain/grouping/image-classes";
import { withoutRefused } from "@lookalike/shared/domain/grouping/verified-edges";
import type { VerifiedPair } from "@lookalike/shared/domain/grouping/verified-pairs";
import { listed } from "@lookalike/shared/domain/job/job";
import { groupingOf } from "@lookalike/shared/domain/job/options";
import { has, OrdinalSet } from "@lookalike/shared/domain/primitives/bit-set";
import { suppressionsOf } from "@lookalike/shared/domain/review/decisions";
import { COMPARED_COLUMNS } from "@lookalike/shared/store/blocks/hash-blocks";
import { readRequired } from "@lookalike/shared/store/blocks/required-blocks";
import { allVanished } from "@lookalike/shared/store/catalog/images";
import { type JobRow, jobOf } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import { streamResults } from "@lookalike/shared/store/results/compare-results";
import { imageDigests } from "@lookalike/shared/store/results/result-digests";
import { type GroupsToStore, type NewGroup, reusableBase } from "@lookalike/shared/store/results/results";
import { readDecisions } from "@lookalike/shared/store/review/decisions";
import { type Change, changeSince } from "./change.ts";
import { groupAlike } from "./group-alike.ts";
import { groupFamilies } from "./group-families.ts";
import { livePairs } from "./live-pairs.ts";
import { readMembers } from "./members.ts";
import { groupOfFamily } from "./new-group.ts";
import { isUnverified, pairKey, readPairs } from "./verified-pairs.ts";

interface Grouped extends GroupsToStore {
  /** Similar pairs that were grouped. */
  readonly edges: number;
  /** Pairs that were found and nobody looked at; null where pairs are not verified. */
  readonly unverifiedPairs: number | null;
  readonly flatImages: number;
  /** Which images of the catalog have equal hashes, for the job that builds on this one. */
  readonly equalImages: Uint8Array;
  /** How many decisions it was grouped by. */
  readonly decisions: number;
  /** A digest of the rows of each block's images. */
  readonly imageDigests: Uint8Array;
}

/**
 * A job's groups from its stored hashes and edges: the same rows give the same groups, whether all images are grouped
 * or, on top of an earlier job's groups, only those that a change affects. Then only these images' hashes are read.
 * @param mayReuse false groups all images
 * @param findDamage reads the files of keepers, in which there may be damage that hashing did not find
 * @param decisionCount by how many of the catalog's decisions they are grouped, the oldest ones
 * @throws MissingDataError where hashes, edges or images are not stored
 */
export const groupImages = async (
  db: Db,
  job: JobRow,
  mayReuse = true,
  findDamage: FindDamage = async () => new Map(),
  decisionCount = Number.POSITIVE_INFINITY,
): Promise<Grouped> => {
  const { catalogId } = job;
  const { blockSize, hashBits, thresholdBits, verification } = listed(jobOf(job));
  const grouping = groupingOf(job.options, verification);
  const extent = job.totalBlocks * blockSize;
  const vanished = new OrdinalSet(await allVanished(db, catalogId), extent);
  const isLive = (ordinal: number): boolean => !vanished.has(ordinal);

  const pairs = await readPairs(db, job);

  // What is affected?
  const base = mayReuse ? await reusableBase(db, job) : null;
  const change = await changeSince(db, job, base, grouping === "masters" ? pairs : []);
  const { affected, firstNewOrdinal } = change;

  // Classes of images that comparing cannot distinguish.
  // A block in quarantine was compared as an empty one.
  const numbers = blocksOf(affected, blockSize).filter((block) => has(job.blocksDone, block));
  const classes = await classifyImages(
    readRequired(db, { catalogId, numbers, hashFormat: job.hashFormat, hashBits }, COMPARED_COLUMNS),
    { blockSize, extent, hashBytes: hashBits / 8 },
    affected,
    isLive,
  );
  const found = await classEdges(streamResults(db, job.id), classes, thresholdBits);
  const edges = withoutRefused(found, classes, pairs);

  // Groups, without the pairs that owners have separated.
  const decisions = (await readDecisions(db, catalogId)).slice(0, decisionCount);
  const separated = suppressionsOf(decisions);
  const membersOf = (ordinals: ReadonlySet<number>, withEvidence: boolean) =>
    readMembers(db, catalogId, blockSize, ordinals, withEvidence);
  const byMasters = async (): Promise<NewGroup[]> => {
    const live = await livePairs(db, { catalogId, blockSize, classes, isLive }, pairs);
    const families = await groupFamilies(
      { classes, edges, pairs: live, separated },
      (ordinals) => membersOf(ordinals, true),
      findDamage,
    );
    return families.map((family) => groupOfFamily(family, classes));
  };
  const groups =
    grouping === "masters"
      ? await byMasters()
      : await groupAlike(
          { classes, edges, pairs, separated, grouping },
          (ordinals) => membersOf(ordinals, false),
          findDamage,
        );
  return {
    groups: groups.sort((x, y) =>
      byFirstMembers(
        x.members.map(({ ordinal }) => ordinal),
        y.members.map(({ ordinal }) => ordinal),
      ),
    ),
    base,
    regrouped: base === null ? [] : [...affected].filter((ordinal) => ordinal < firstNewOrdinal),
    edges: edges.a.length,
    unverifiedPairs: job.verification ? countUnverified(pairs, isLive) : null,
    flatImages: (base === null ? 0 : base.flatImages) + newFlatImages(classes.flats, change, isLive),
    equalImages: equalImages(classes, base === null ? null : base.equalImages, firstNewOrdinal),
    decisions: decisions.length,
    imageDigests: await imageDigests(db, { ...job, blockSize }, blocksOf(affected, blockSize), base?.imageDigests),
  };
};

const countUnverified = (pairs: readonly VerifiedPair[], isLive: (ordinal: number) => boolean): number =>
  new Set(pairs.filter((pair) => isUnverified(pair) && isLive(pair.a) && isLive(pair.b)).map(pairKey)).size;

/** The blocks of ascending ordinals, ascending. */
const blocksOf = (ordinals: Iterable<number>, blockSize: number): number[] => {
  const blocks: number[] = [];
  for (const ordinal of ordinals) {
    const block = Math.floor(ordinal / blockSize);
    if (block !== blocks.at(-1)) blocks.push(block);
  }
  return blocks;
};

/** How many more flat images are live than in the base. @param flats those of the affected images */
const newFlatImages = (
  flats: readonly number[],
  { firstNewOrdinal, vanishedSinceBase, returnedSinceBase }: Change,
  isLive: (ordinal: number) => boolean,
): number => {
  const wasLive = (ordinal: number): boolean =>
    ordinal < firstNewOrdinal &&
    (vanishedSinceBase.has(ordinal) || (isLive(ordinal) && !returnedSinceBase.has(ordinal)));
  return flats.filter(isLive).length - flats.filter(wasLive).length;
};
