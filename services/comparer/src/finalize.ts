import { eventMessage } from "@lookalike/shared/bus/events";
import { toHex } from "@lookalike/shared/domain/bytes";
import { jobEventId } from "@lookalike/shared/domain/event-id";
import type { Finalize } from "@lookalike/shared/domain/events";
import { hammingDistance } from "@lookalike/shared/domain/hamming";
import { contentDigestAt, factsAt } from "@lookalike/shared/domain/hash-block";
import { chooseKeeper, kindOf, type Member } from "@lookalike/shared/domain/keeper";
import type { Grouping } from "@lookalike/shared/domain/options";
import { streamResults } from "@lookalike/shared/store/compare-results";
import { insertFinalization, type StoredGroup } from "@lookalike/shared/store/groups";
import { streamHashBlocks } from "@lookalike/shared/store/hash-blocks";
import { allVanished, readImages } from "@lookalike/shared/store/images";
import { findJob, type JobRow } from "@lookalike/shared/store/jobs";
import type { Db } from "@lookalike/shared/store/open";
import { addToOutbox } from "@lookalike/shared/store/outbox";
import { classEdges, collapse, type ImageClasses } from "./classes.ts";
import type { GroupRequest } from "./group-worker.ts";

interface Finalizer {
  readonly db: Db;
  readonly group: (request: GroupRequest) => Promise<number[][]>;
}

/**
 * Groups a complete job and stores the result, once for each (job, run): the natural key makes a
 * second delivery write nothing. The event that says so leaves by the outbox of the same transaction.
 */
export const finalizeJob = async ({ db, group }: Finalizer, order: Finalize): Promise<void> => {
  const job = await findJob(db, order.job);
  if (job === null || job.thresholdBits === null || job.state === "cancelled") return;
  const result = await groupImages(db, job, group);
  await db.transaction(async (tx) => {
    const row = {
      jobId: job.id,
      run: order.run,
      grouping: job.options.grouping,
      thresholdBits: job.thresholdBits ?? 0,
      edges: result.edges,
      flatImages: result.flatImages,
      groups: result.groups.length,
      groupedImages: new Set(result.groups.flatMap(({ members }) => members.map(({ ordinal }) => ordinal))).size,
    };
    if (!(await insertFinalization(tx, row, result.groups))) return;
    await addToOutbox(
      tx,
      eventMessage("job-finalized", order, jobEventId(job.id, "job-finalized", order.run), {
        groups: row.groups,
        groupedImages: row.groupedImages,
      }),
    );
  });
};

/** A job's groups out of its stored hashes and edges: the same rows give the same groups. */
export const groupImages = async (
  db: Db,
  job: JobRow,
  group: Finalizer["group"],
): Promise<{ groups: StoredGroup[]; edges: number; flatImages: number }> => {
  const blockSize = job.blockSize ?? 1;
  const vanished = new Set(await allVanished(db, job.catalogId));
  const classes = await collapse(
    streamHashBlocks(db, job.catalogId, job.totalBlocks),
    blockSize,
    (ordinal) => !vanished.has(ordinal),
  );
  const edges = await classEdges(streamResults(db, job.id), classes, job.thresholdBits ?? 0);
  const { grouping } = job.options;
  const ofClasses = await group({ nodes: classes.members.length, edges, grouping });
  const groups = imageGroups(classes, ofClasses, grouping);
  const members = await readMembers(db, job, groups);
  return {
    edges: edges.a.length,
    flatImages: classes.flatImages,
    groups: groups.map((ordinals, at) => storedGroup(at + 1, ordinals, members, classes)),
  };
};

/**
 * Groups of classes as groups of images, ordered by their first image. A class of several equal
 * images that no group took is a group by itself; with `pairs`, each equal image pairs with the first.
 */
const imageGroups = ({ members }: ImageClasses, ofClasses: readonly number[][], grouping: Grouping): number[][] => {
  const live = (number: number): number[] => members[number] ?? [];
  const first = (number: number): number => live(number)[0] ?? 0;
  const equal = members.filter((ordinals) => ordinals.length > 1);
  const groups =
    grouping === "pairs"
      ? [
          ...ofClasses.map((pair) => pair.map(first)),
          ...equal.flatMap(([head = 0, ...rest]) => rest.map((other) => [head, other])),
        ]
      : [...ofClasses.map((group) => group.flatMap(live)), ...notIn(ofClasses.flat(), members)];
  for (const group of groups) group.sort((a, b) => a - b);
  return groups.sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0) || (a[1] ?? 0) - (b[1] ?? 0));
};

const notIn = (taken: readonly number[], members: readonly number[][]): number[][] => {
  const grouped = new Set(taken);
  return members.flatMap((ordinals, number) => (ordinals.length > 1 && !grouped.has(number) ? [[...ordinals]] : []));
};

/** What keeper and kind are chosen by, for every grouped image; block by block. */
const readMembers = async (db: Db, job: JobRow, groups: readonly number[][]): Promise<Map<number, Member>> => {
  const blockSize = job.blockSize ?? 1;
  const wanted = new Set(groups.flat());
  const members = new Map<number, Member>();
  if (wanted.size === 0) return members;
  for await (const block of streamHashBlocks(db, job.catalogId, job.totalBlocks)) {
    const first = block.block * blockSize;
    if (!block.states.some((_, position) => wanted.has(first + position))) continue;
    for (const { ordinal, path, modifiedAt } of await readImages(db, job.catalogId, first, first + blockSize)) {
      if (!wanted.has(ordinal)) continue;
      const digest = contentDigestAt(block, ordinal - first);
      members.set(ordinal, {
        ordinal,
        path,
        modifiedAt,
        contentDigest: digest === null ? null : toHex(digest),
        facts: factsAt(block, ordinal - first),
      });
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
  const hashOf = (ordinal: number): Uint8Array | null => classes.hashes[classes.ofOrdinal.get(ordinal) ?? -1] ?? null;
  const kept = hashOf(keeper.ordinal);
  return {
    number,
    kind: kindOf(members),
    keeper: keeper.ordinal,
    keeperReason: reason,
    reclaimableBytes: members.reduce(
      (sum, { ordinal, facts }) => sum + (ordinal === keeper.ordinal ? 0 : (facts.bytes ?? 0)),
      0,
    ),
    members: ordinals.map((ordinal) => {
      const hash = hashOf(ordinal);
      return { ordinal, distance: kept === null || hash === null ? null : hammingDistance(kept, hash) };
    }),
  };
};
