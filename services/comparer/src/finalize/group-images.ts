import { affectedImages, edgesAmong } from "@lookalike/shared/domain/grouping/affected-images";
import { equalImages } from "@lookalike/shared/domain/grouping/equal-images";
import { groupNodes } from "@lookalike/shared/domain/grouping/grouping";
import {
  classEdges,
  collapse,
  countOf,
  hashOfImage,
  type ImageClasses,
  membersOf,
} from "@lookalike/shared/domain/grouping/image-classes";
import { chooseKeeper, kindOf, type Member } from "@lookalike/shared/domain/grouping/keeper";
import { similarityGraph } from "@lookalike/shared/domain/grouping/similarity";
import { hammingDistance } from "@lookalike/shared/domain/image/hamming";
import { contentDigestAt, factsAt, STATE } from "@lookalike/shared/domain/image/hash-block";
import type { Grouping } from "@lookalike/shared/domain/job/options";
import { toHex } from "@lookalike/shared/domain/primitives/encoding";
import { separate, suppressionsOf } from "@lookalike/shared/domain/review/decisions";
import { blocksBelow, COMPARED_COLUMNS, listFlats, readBlocks } from "@lookalike/shared/store/blocks/hash-blocks";
import { allVanished, readNames, vanishedSince } from "@lookalike/shared/store/catalog/images";
import type { JobRow } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import { streamResults } from "@lookalike/shared/store/results/compare-results";
import { type Base, type GroupsToStore, type NewGroup, reusableBase } from "@lookalike/shared/store/results/results";
import { decidedSince, readDecisions } from "@lookalike/shared/store/review/decisions";

interface Grouped extends GroupsToStore {
  /** Similar pairs that were looked at. */
  readonly edges: number;
  readonly flatImages: number;
  /** Which images of the catalog have equal hashes, for the job that builds on this one. */
  readonly equalImages: Uint8Array;
}

/**
 * A job's groups out of its stored hashes and edges: the same rows give the same groups, whether all
 * are made anew or, on top of an earlier job's, only those of images that a change touches. Then only
 * these images' hashes are read.
 * @param mayReuse false makes all anew
 */
export const groupImages = async (db: Db, job: JobRow, mayReuse = true): Promise<Grouped> => {
  const { catalogId, options } = job;
  const [blockSize, thresholdBits] = [job.blockSize ?? 1, job.thresholdBits ?? 0];
  const extent = job.totalBlocks * blockSize;
  const vanished = new Uint8Array(extent);
  for (const ordinal of await allVanished(db, catalogId)) vanished[ordinal] = 1;
  const isLive = (ordinal: number): boolean => vanished[ordinal] === 0;
  const base = mayReuse ? await reusableBase(db, job) : null;
  const came = (base?.blocks ?? 0) * blockSize;
  const went = base === null ? [] : await vanishedSince(db, catalogId, base.jobId);
  const affected =
    base === null ? new Uint8Array(extent).fill(1) : await affectedSince(db, job, base, { extent, came, went });

  const classes = await collapse(
    readBlocks(db, catalogId, blocksWith(affected, blockSize), COMPARED_COLUMNS),
    { blockSize, extent, images: countOnes(affected), hashBytes: (job.hashBits ?? 0) / 8 },
    { isWanted: (ordinal) => affected[ordinal] === 1, isLive },
  );
  const edges = edgesAmong(
    await classEdges(streamResults(db, job.id), classes, thresholdBits),
    (number) => countOf(classes, number) > 0,
  );
  const { grouping } = options;
  const graph = similarityGraph(classes.count, edges);
  const suppressions = suppressionsOf(await readDecisions(db, catalogId));
  const made = imageGroups(classes, groupNodes(graph, grouping), grouping)
    .flatMap((group) => separate(group, suppressions, (a, b) => distanceOf(classes, a, b) ?? 0))
    .sort(byHead);
  const members = await readMembers(db, job, made);
  const vanishedNow = new Set(went);
  const liveFlats = classes.flats.filter(isLive);
  const flatsInBase = classes.flats.filter(
    (ordinal) => ordinal < came && (isLive(ordinal) || vanishedNow.has(ordinal)),
  );
  return {
    groups: made.map((ordinals) => newGroup(ordinals, members, classes)),
    base,
    regrouped: flagged(affected.subarray(0, came)),
    edges: edges.a.length,
    flatImages: (base?.flatImages ?? 0) - flatsInBase.length + liveFlats.length,
    equalImages: equalImages(classes, base?.equalImages ?? null, came),
  };
};

/** What a catalog's images are now, and were when the base was made. */
interface Change {
  /** One past the highest ordinal, and the first one that came since. */
  readonly extent: number;
  readonly came: number;
  /** Ordinals that vanished since. */
  readonly went: readonly number[];
}

/** Images that a change since the base may have given another group. */
const affectedSince = async (db: Db, job: JobRow, base: Base, { extent, came, went }: Change): Promise<Uint8Array> => {
  const changed = [
    ...Array.from({ length: extent - came }, (_, at) => came + at),
    ...went,
    ...(await decidedSince(db, job.catalogId, base)),
  ];
  const alike = await flatDuplicates(db, job, new Set(changed));
  async function* ties() {
    yield { edges: base.equalImages };
    yield* streamResults(db, job.id);
  }
  return affectedImages(extent, ties(), job.thresholdBits ?? 0, [...changed, ...alike]);
};

/** Flat images with the bytes of a changed one: no edge tells of them. */
const flatDuplicates = async (db: Db, job: JobRow, changed: ReadonlySet<number>): Promise<number[]> => {
  const flats: { ordinal: number; digest: string }[] = [];
  for (const block of await listFlats(db, job.catalogId, job.totalBlocks))
    block.states.forEach((state, position) => {
      const digest = state === STATE.flat ? contentDigestAt(block, position) : null;
      if (digest !== null)
        flats.push({ ordinal: block.block * (job.blockSize ?? 1) + position, digest: toHex(digest) });
    });
  const wanted = new Set(flats.filter(({ ordinal }) => changed.has(ordinal)).map(({ digest }) => digest));
  return flats.filter(({ digest }) => wanted.has(digest)).map(({ ordinal }) => ordinal);
};

const flagged = (flags: Uint8Array): number[] => {
  const ordinals: number[] = [];
  flags.forEach((flag, ordinal) => {
    if (flag === 1) ordinals.push(ordinal);
  });
  return ordinals;
};

const countOnes = (flags: Uint8Array): number => flags.reduce((sum, flag) => sum + flag, 0);

/** Blocks that have a flagged image, ascending. */
const blocksWith = (flags: Uint8Array, blockSize: number): number[] =>
  blocksBelow(flags.length / blockSize).filter((block) =>
    flags.subarray(block * blockSize, (block + 1) * blockSize).includes(1),
  );

/**
 * Groups of classes as groups of images, ordered by their first image. A class of several equal
 * images that no group took is a group by itself; with `pairs`, each equal image pairs with the first.
 */
const imageGroups = (classes: ImageClasses, ofClasses: readonly number[][], grouping: Grouping): number[][] => {
  const live = (number: number): number[] => [...membersOf(classes, number)];
  const groups: number[][] = ofClasses.map(
    grouping === "pairs" ? (pair) => pair.map((number) => live(number)[0] ?? 0) : (group) => group.flatMap(live),
  );
  const grouped = new Uint8Array(classes.count);
  for (const group of ofClasses) for (const number of group) grouped[number] = 1;
  for (let number = 0; number < classes.count; number += 1) {
    if (countOf(classes, number) < 2) continue;
    const [head = 0, ...rest] = live(number);
    if (grouping === "pairs") for (const other of rest) groups.push([head, other]);
    else if (grouped[number] === 0) groups.push([head, ...rest]);
  }
  for (const group of groups) group.sort((a, b) => a - b);
  return groups;
};

const byHead = (a: readonly number[], b: readonly number[]): number =>
  (a[0] ?? 0) - (b[0] ?? 0) || (a[1] ?? 0) - (b[1] ?? 0);

/** Hamming distance of two images in bits; null where one is flat. */
const distanceOf = (classes: ImageClasses, a: number, b: number): number | null => {
  const [x, y] = [hashOfImage(classes, a), hashOfImage(classes, b)];
  return x === null || y === null ? null : hammingDistance(x, y);
};

const ORDINALS_PER_QUERY = 20_000;
const FACT_COLUMNS = ["block", "states", "contentDigests", "details"] as const;

/** What keeper and kind are chosen by, for every grouped image. */
const readMembers = async (db: Db, job: JobRow, groups: readonly number[][]): Promise<Map<number, Member>> => {
  const wanted = Uint32Array.from(new Set(groups.flat())).sort();
  const facts = new Map<number, Pick<Member, "facts" | "contentDigest">>();
  const blockSize = job.blockSize ?? 1;
  const blocks = new Set(Array.from(wanted, (ordinal) => Math.floor(ordinal / blockSize)));
  let next = 0;
  for await (const block of readBlocks(db, job.catalogId, [...blocks], FACT_COLUMNS)) {
    const end = (block.block + 1) * blockSize;
    for (; (wanted[next] ?? end) < end; next += 1) {
      const ordinal = wanted[next] ?? 0;
      const position = ordinal % blockSize;
      const digest = contentDigestAt(block, position);
      facts.set(ordinal, {
        facts: factsAt(block, position),
        contentDigest: digest === null ? null : toHex(digest),
      });
    }
  }
  const members = new Map<number, Member>();
  for (let from = 0; from < wanted.length; from += ORDINALS_PER_QUERY) {
    const some = wanted.subarray(from, from + ORDINALS_PER_QUERY);
    for (const name of await readNames(db, job.catalogId, some)) {
      const known = facts.get(name.ordinal);
      if (known !== undefined) members.set(name.ordinal, { ...name, ...known });
    }
  }
  return members;
};

const newGroup = (ordinals: readonly number[], known: ReadonlyMap<number, Member>, classes: ImageClasses): NewGroup => {
  const members = ordinals.map((ordinal) => {
    const member = known.get(ordinal);
    if (member === undefined) throw new Error(`image ${ordinal} is grouped, but not in the catalog`);
    return member;
  });
  const { keeper, reason } = chooseKeeper(members);
  return {
    kind: kindOf(members),
    keeper: keeper.ordinal,
    keeperReason: reason,
    reclaimableBytes: members.reduce(
      (sum, { ordinal, facts }) => sum + (ordinal === keeper.ordinal ? 0 : (facts.bytes ?? 0)),
      0,
    ),
    members: ordinals.map((ordinal) => ({ ordinal, distance: distanceOf(classes, keeper.ordinal, ordinal) })),
  };
};
