import { eventMessage } from "@lookalike/shared/bus/events";
import { toHex } from "@lookalike/shared/domain/bytes";
import { separate, suppressionsOf } from "@lookalike/shared/domain/decisions";
import { jobEventId } from "@lookalike/shared/domain/event-id";
import type { Finalize } from "@lookalike/shared/domain/events";
import { groupNodes } from "@lookalike/shared/domain/grouping";
import { hammingDistance } from "@lookalike/shared/domain/hamming";
import { contentDigestAt, factsAt } from "@lookalike/shared/domain/hash-block";
import { chooseKeeper, kindOf, type Member } from "@lookalike/shared/domain/keeper";
import type { Grouping } from "@lookalike/shared/domain/options";
import { similarityGraph } from "@lookalike/shared/domain/similarity";
import { getCatalog } from "@lookalike/shared/store/catalogs";
import { endOfCatalog } from "@lookalike/shared/store/census";
import { streamResults } from "@lookalike/shared/store/compare-results";
import { carryDecisions, decidedSince, readDecisions } from "@lookalike/shared/store/decisions";
import {
  type Base,
  type GroupsToStore,
  insertFinalization,
  readGroupHeads,
  reusableBase,
  type StoredGroup,
} from "@lookalike/shared/store/groups";
import { streamHashBlocks, streamHashes } from "@lookalike/shared/store/hash-blocks";
import { allVanished, readNames, vanishedSince } from "@lookalike/shared/store/images";
import { findJob, type JobRow } from "@lookalike/shared/store/jobs";
import type { Db, Store } from "@lookalike/shared/store/open";
import { addToOutbox } from "@lookalike/shared/store/outbox";
import { copyMatches, type ReferenceMatch } from "@lookalike/shared/store/reference-matches";
import { classEdges, collapse, countOf, hashOfImage, type ImageClasses, membersOf } from "./classes.ts";
import { matchReference } from "./reference.ts";
import { finalizeShadow } from "./shadow.ts";
import { edgesAmong, touchedClasses } from "./touched.ts";

/**
 * Groups a complete job and stores the result, once for each (job, run): the natural key makes a
 * second delivery write nothing. The event that says so leaves by the outbox of the same transaction.
 */
export const finalizeJob = async (store: Store, order: Finalize): Promise<void> => {
  const job = await findJob(store.db, order.job);
  if (job === null || job.thresholdBits === null || job.state === "cancelled") return;
  if (job.mode === "shadow") {
    await finalizeShadow(store.db, job, order);
    return;
  }
  const result = await groupImages(store.db, job);
  const matches = await referenceMatches(store.db, job);
  await store.inTransaction(async (tx, client) => {
    const row = {
      jobId: job.id,
      run: order.run,
      grouping: job.options.grouping,
      thresholdBits: job.thresholdBits ?? 0,
      edges: result.edges,
      flatImages: result.flatImages,
      groups: result.groups.length + result.kept.length,
    };
    const groupedImages = await insertFinalization(tx, client, row, result);
    if (groupedImages === null) return;
    await copyMatches(client, { jobId: job.id, run: order.run }, matches);
    await carryDecisions(tx, job.catalogId, { jobId: job.id, run: order.run });
    await addToOutbox(
      tx,
      eventMessage("job-finalized", order, jobEventId(job.id, "job-finalized", order.run), {
        groups: row.groups,
        groupedImages,
      }),
    );
  });
};

/** Which images the job's reference catalog has too; none where the job has no reference. */
const referenceMatches = async (db: Db, job: JobRow): Promise<ReferenceMatch[]> => {
  const { reference } = job.options;
  const other = reference === null ? null : await getCatalog(db, job.tenant, reference);
  if (other === null || other.blockSize === null || other.hashBits !== job.hashBits) return [];
  const own = { id: job.catalogId, blockSize: job.blockSize ?? 1, blocks: job.totalBlocks };
  const side = async ({ id, blockSize, blocks }: typeof own) => {
    const vanished = new Set(await allVanished(db, id));
    return {
      blockSize,
      hashBits: job.hashBits ?? 0,
      blocks: streamHashes(db, id, blocks),
      isLive: (ordinal: number) => !vanished.has(ordinal),
    };
  };
  const { blockSize } = other;
  const blocks = Math.ceil((await endOfCatalog(db, other.id)) / blockSize);
  return matchReference(await side(own), await side({ id: other.id, blockSize, blocks }), job.thresholdBits ?? 0);
};

interface Grouped extends GroupsToStore {
  readonly edges: number;
  readonly flatImages: number;
}

/**
 * A job's groups out of its stored hashes and edges: the same rows give the same groups, whether all
 * are made anew or, on top of an earlier job's, only those of components that changed.
 * @param mayReuse false makes all anew
 */
export const groupImages = async (db: Db, job: JobRow, mayReuse = true): Promise<Grouped> => {
  const blockSize = job.blockSize ?? 1;
  const shape = { blockSize, extent: job.totalBlocks * blockSize, hashBytes: (job.hashBits ?? 0) / 8 };
  const vanished = new Uint8Array(shape.extent);
  for (const ordinal of await allVanished(db, job.catalogId)) vanished[ordinal] = 1;
  const stored = streamHashes(db, job.catalogId, job.totalBlocks);
  const classes = await collapse(stored, shape, (ordinal) => vanished[ordinal] === 0);
  const allEdges = await classEdges(streamResults(db, job.id), classes, job.thresholdBits ?? 0);
  const isLive = (number: number): boolean => countOf(classes, number) > 0;
  const edges = edgesAmong(allEdges, isLive);

  const base = mayReuse ? await reusableBase(db, job) : null;
  const touched =
    base === null
      ? new Uint8Array(classes.count).fill(1)
      : touchedClasses(classes, allEdges, [
          ...(await changedSince(db, job, base, shape.extent)),
          ...(await decidedSince(db, job.catalogId, base)),
        ]);
  const known =
    base === null
      ? []
      : (await readGroupHeads(db, base)).filter(({ first }) => touched[classes.ofOrdinal[first] ?? 0] === 0);

  const { grouping } = job.options;
  const graph = similarityGraph(
    classes.count,
    edgesAmong(edges, (number) => touched[number] === 1),
  );
  const suppressions = suppressionsOf(await readDecisions(db, job.catalogId));
  const made = imageGroups(classes, groupNodes(graph, grouping), grouping, touched)
    .flatMap((group) => separate(group, suppressions, (a, b) => distanceOf(classes, a, b) ?? 0))
    .sort(byHead);
  const members = await readMembers(db, job, made);
  const numbers = numberedTogether(
    made.map(([first = 0, second = 0]) => ({ first, second })),
    known,
  );
  return {
    groups: made.map((ordinals, at) => storedGroup(numbers.made[at] ?? 0, ordinals, members, classes)),
    base,
    kept: known.map(({ number }, at) => ({ from: number, to: numbers.known[at] ?? 0 })),
    edges: edges.a.length,
    flatImages: classes.flatImages,
  };
};

/** Images that came or went since an earlier job: those of later blocks, and those that vanished since. */
const changedSince = async (db: Db, job: JobRow, base: Base, extent: number): Promise<number[]> => {
  const came = base.blocks * (job.blockSize ?? 1);
  return [
    ...Array.from({ length: extent - came }, (_, at) => came + at),
    ...(await vanishedSince(db, job.catalogId, base.jobId)),
  ];
};

interface Head {
  readonly first: number;
  readonly second: number;
}

/** Numbers from 1 for both lists together, by their groups' first images. */
const numberedTogether = (made: readonly Head[], known: readonly Head[]): { made: number[]; known: number[] } => {
  const numbers = { made: made.map(() => 0), known: known.map(() => 0) };
  const all = [
    ...made.map((head, at) => ({ ...head, at, list: numbers.made })),
    ...known.map((head, at) => ({ ...head, at, list: numbers.known })),
  ];
  all.sort((x, y) => x.first - y.first || x.second - y.second);
  all.forEach(({ list, at }, place) => {
    list[at] = place + 1;
  });
  return numbers;
};

/**
 * Groups of classes as groups of images, ordered by their first image. A class of several equal
 * images that no group took is a group by itself; with `pairs`, each equal image pairs with the first.
 */
const imageGroups = (
  classes: ImageClasses,
  ofClasses: readonly number[][],
  grouping: Grouping,
  touched: Uint8Array,
): number[][] => {
  const live = (number: number): number[] => [...membersOf(classes, number)];
  const groups: number[][] = ofClasses.map(
    grouping === "pairs" ? (pair) => pair.map((number) => live(number)[0] ?? 0) : (group) => group.flatMap(live),
  );
  const grouped = new Uint8Array(classes.count);
  for (const group of ofClasses) for (const number of group) grouped[number] = 1;
  for (let number = 0; number < classes.count; number += 1) {
    if (touched[number] === 0 || countOf(classes, number) < 2) continue;
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

const ORDINALS_A_QUERY = 20_000;

/** What keeper and kind are chosen by, for every grouped image. */
const readMembers = async (db: Db, job: JobRow, groups: readonly number[][]): Promise<Map<number, Member>> => {
  const wanted = Uint32Array.from(new Set(groups.flat())).sort();
  const facts = new Map<number, Pick<Member, "facts" | "contentDigest">>();
  const blockSize = job.blockSize ?? 1;
  const blocks = new Set(Array.from(wanted, (ordinal) => Math.floor(ordinal / blockSize)));
  let next = 0;
  for await (const block of streamHashBlocks(db, job.catalogId, [...blocks])) {
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
  for (let from = 0; from < wanted.length; from += ORDINALS_A_QUERY) {
    const some = wanted.subarray(from, from + ORDINALS_A_QUERY);
    for (const name of await readNames(db, job.catalogId, some)) {
      const known = facts.get(name.ordinal);
      if (known !== undefined) members.set(name.ordinal, { ...name, ...known });
    }
  }
  return members;
};

const storedGroup = (
  number: number,
  ordinals: readonly number[],
  known: ReadonlyMap<number, Member>,
  classes: ImageClasses,
): StoredGroup => {
  const members = ordinals.map((ordinal) => {
    const member = known.get(ordinal);
    if (member === undefined) throw new Error(`image ${ordinal} is grouped, but not in the catalog`);
    return member;
  });
  const { keeper, reason } = chooseKeeper(members);
  return {
    number,
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
