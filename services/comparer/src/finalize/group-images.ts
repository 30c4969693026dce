import { checkKeeper, type FindDamage } from "@lookalike/shared/domain/grouping/check-keeper";
import { classEdges, equalImages } from "@lookalike/shared/domain/grouping/class-edges";
import { byFirstMembers, groupNodes } from "@lookalike/shared/domain/grouping/grouping";
import { classifyImages, type ImageClasses } from "@lookalike/shared/domain/grouping/image-classes";
import { imageDistance, imageGroups } from "@lookalike/shared/domain/grouping/image-groups";
import { chooseKeeper, kindOf, type Member } from "@lookalike/shared/domain/grouping/keeper";
import { similarityGraph } from "@lookalike/shared/domain/grouping/similarity";
import { classVerdicts, withoutRefused } from "@lookalike/shared/domain/grouping/verified-edges";
import { listed } from "@lookalike/shared/domain/job/job";
import { has, OrdinalSet } from "@lookalike/shared/domain/primitives/bit-set";
import { separate, suppressionsOf } from "@lookalike/shared/domain/review/decisions";
import { bytesOfFiles, withSameFiles } from "@lookalike/shared/domain/review/same-file";
import { COMPARED_COLUMNS } from "@lookalike/shared/store/blocks/hash-blocks";
import { readRequired } from "@lookalike/shared/store/blocks/required-blocks";
import { allVanished } from "@lookalike/shared/store/catalog/images";
import { type JobRow, jobOf } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import { streamResults } from "@lookalike/shared/store/results/compare-results";
import { imageDigests } from "@lookalike/shared/store/results/result-digests";
import { type GroupsToStore, type NewGroup, reusableBase } from "@lookalike/shared/store/results/results";
import { readDecisions } from "@lookalike/shared/store/review/decisions";
import pMap from "p-map";
import { type Change, changeSince } from "./change.ts";
import { INSPECTED_AT_ONCE } from "./inspect-files.ts";
import { readMembers } from "./members.ts";
import { readPairs } from "./verified-pairs.ts";

interface Grouped extends GroupsToStore {
  /** Similar pairs that were grouped. */
  readonly edges: number;
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
  const { grouping } = job.options;
  const { blockSize, hashBits, thresholdBits } = listed(jobOf(job));
  const extent = job.totalBlocks * blockSize;
  const vanished = new OrdinalSet(await allVanished(db, catalogId), extent);
  const isLive = (ordinal: number): boolean => !vanished.has(ordinal);

  // What is affected?
  const base = mayReuse ? await reusableBase(db, job) : null;
  const change = await changeSince(db, job, base);
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

  // The graph of similar classes that have live images.
  const pairs = await readPairs(db, job);
  const found = await classEdges(streamResults(db, job.id), classes, thresholdBits);
  const edges = withoutRefused(found, classes, pairs);
  const graph = similarityGraph(classes.count, edges);

  // Groups, without the pairs that owners have separated, and without equal hashes of pictures that do not show the same.
  // Flat images in one group have equal bytes: distance 0.
  const decisions = (await readDecisions(db, catalogId)).slice(0, decisionCount);
  const suppressions = suppressionsOf(decisions);
  const { refused, isBelieved } = classVerdicts(classes, pairs);
  const distance = (a: number, b: number): number => imageDistance(classes, a, b) ?? 0;
  // Nearer than equal hashes are those that somebody has looked at.
  const verifiedDistance = (a: number, b: number): number => (isBelieved(a, b) ? -1 : distance(a, b));
  const groups = imageGroups(classes, groupNodes(graph, grouping), grouping)
    .flatMap((group) => separate(group, refused, verifiedDistance))
    .flatMap((group) => separate(group, suppressions, distance))
    .sort(byFirstMembers);

  // Their members, keepers and kinds.
  const memberOf = await readMembers(db, catalogId, blockSize, new Set(groups.flat()));
  return {
    groups: await pMap(
      groups,
      async (ordinals) => newGroup(await checkKeeper(ordinals.map(memberOf), findDamage), classes),
      { concurrency: INSPECTED_AT_ONCE },
    ),
    base,
    regrouped: base === null ? [] : [...affected].filter((ordinal) => ordinal < firstNewOrdinal),
    edges: edges.a.length,
    flatImages: (base === null ? 0 : base.flatImages) + newFlatImages(classes.flats, change, isLive),
    equalImages: equalImages(classes, base === null ? null : base.equalImages, firstNewOrdinal),
    decisions: decisions.length,
    imageDigests: await imageDigests(db, { ...job, blockSize }, blocksOf(affected, blockSize), base?.imageDigests),
  };
};

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

const newGroup = (members: readonly Member[], classes: ImageClasses): NewGroup => {
  const { keeper, reason } = chooseKeeper(members);
  const firstNameOf = firstNames(members);
  const named = members.map(({ ordinal, facts }) => ({
    ordinal,
    distance: imageDistance(classes, keeper.ordinal, ordinal),
    damaged: facts.damaged ?? null,
    sameFileAs: firstNameOf.get(ordinal) ?? null,
    // An image whose size is unknown counts as nothing.
    bytes: facts.bytes ?? 0,
  }));
  const stays = new Set(withSameFiles(named, new Set([keeper.ordinal])));
  return {
    kind: kindOf(members),
    keeper: keeper.ordinal,
    keeperReason: reason,
    reclaimableBytes: bytesOfFiles(named.filter((name) => !stays.has(name))),
    members: named.map(({ bytes: _, ...member }) => member),
  };
};

/**
 * For each member that is another name of an earlier member's file (a hard link) that member's ordinal: by its file id, and its
 * bytes, because inodes are used again.
 */
const firstNames = (members: readonly Member[]): ReadonlyMap<number, number> => {
  const first = new Map<string, number>();
  const firstOf = new Map<number, number>();
  for (const { ordinal, fileId, contentDigest } of members) {
    if (fileId === null || contentDigest === null) continue;
    const file = `${fileId} ${contentDigest}`;
    const known = first.get(file);
    if (known === undefined) first.set(file, ordinal);
    else firstOf.set(ordinal, known);
  }
  return firstOf;
};
