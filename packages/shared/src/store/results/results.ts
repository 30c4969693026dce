import { and, count, eq, sql } from "drizzle-orm";
import type pg from "pg";
import type { GroupKind, KeeperReason } from "../../domain/grouping/keeper.ts";
import { copyInto } from "../copy.ts";
import type { JobRow } from "../jobs/jobs.ts";
import type { Db } from "../open.ts";
import { finalization, imageGroup } from "../schema.ts";
import { hasGroup, type Result } from "./lineage.ts";

type Finalization = typeof finalization.$inferSelect;

/** A group as grouping makes it; its number comes when it is stored. */
export interface NewGroup {
  readonly kind: GroupKind;
  readonly keeper: number;
  readonly keeperReason: KeeperReason;
  readonly reclaimableBytes: number;
  readonly members: readonly { readonly ordinal: number; readonly distance: number | null }[];
}

/** The earlier result that a job may go on from: the last step of its lineage. */
export interface Base
  extends Pick<Finalization, "jobId" | "run" | "lineage" | "step" | "groups" | "groupedImages" | "flatImages"> {
  readonly equalImages: Uint8Array;
  /** Blocks it covers. */
  readonly blocks: number;
}

export interface GroupsToStore {
  /** Groups that were made anew. */
  readonly groups: readonly NewGroup[];
  /** Where the other groups are; null = there are no others. */
  readonly base: Base | null;
  /** Images whose groups in the base are replaced by these. */
  readonly regrouped: readonly number[];
}

/**
 * Stores the result of (job, run) once. On top of a base it is the next step of the base's lineage, and groups
 * that stay as they are are not written again.
 * @returns how many groups and grouped images it has; null when it is there already, and nothing is written
 * @throws the database's error when another result went on from the base meanwhile (one step is one result): group again
 */
export const insertFinalization = async (
  db: Db,
  client: pg.PoolClient,
  result: Pick<Finalization, "jobId" | "run" | "grouping" | "thresholdBits" | "edges" | "flatImages" | "equalImages">,
  { groups, base, regrouped }: GroupsToStore,
): Promise<{ groups: number; groupedImages: number } | null> => {
  const step = base === null ? { step: 0 } : { lineage: base.lineage, step: base.step + 1 };
  const inserted = await db
    .insert(finalization)
    .values({ ...result, ...step, groups: 0, groupedImages: 0 })
    .onConflictDoNothing({ target: [finalization.jobId, finalization.run] })
    .returning({ lineage: finalization.lineage, step: finalization.step });
  const [at] = inserted;
  if (at === undefined) return null;
  const replaced = base === null ? NOTHING : await replaceGroups(db, base, regrouped);
  await copyGroups(client, at, replaced.lastNumber, groups);
  const totals = {
    groups: (base?.groups ?? 0) - replaced.groups + groups.length,
    groupedImages:
      (base?.groupedImages ?? 0) -
      replaced.images +
      new Set(groups.flatMap(({ members }) => members.map(({ ordinal }) => ordinal))).size,
  };
  await db.update(finalization).set(totals).where(isResult(result));
  return totals;
};

const isResult = ({ jobId, run }: Result) => and(eq(finalization.jobId, jobId), eq(finalization.run, run));

interface Replaced {
  readonly groups: number;
  readonly images: number;
  /** The highest number of the lineage. */
  readonly lastNumber: number;
}

const NOTHING: Replaced = { groups: 0, images: 0, lastNumber: 0 };

/** Ends the groups of these images with the base's step, which is no longer the last one. */
const replaceGroups = async (db: Db, base: Base, regrouped: readonly number[]): Promise<Replaced> => {
  await db.update(finalization).set({ equalImages: null }).where(isResult(base));
  const { lineage, step } = base;
  // One list after the other: a table just filled has no statistics, and a join of both may be a nested loop.
  const affected = await db.execute<{ number: number }>(sql`
    select distinct number from group_member
    where lineage = ${lineage} and ordinal = any(${sql.param(regrouped)}::int[])`);
  const ended = await db.execute<{ number: number }>(sql`
    update image_group set to_step = ${step + 1}
    where lineage = ${lineage} and to_step is null and number = any(${numbersOf(affected.rows)}::int[])
    returning number`);
  const { rows } = await db.execute<Pick<Replaced, "images" | "lastNumber">>(sql`
    select (select count(distinct ordinal)::int from group_member
       where lineage = ${lineage} and number = any(${numbersOf(ended.rows)}::int[])) as images,
      (select coalesce(max(number), 0) from image_group where lineage = ${lineage}) as "lastNumber"`);
  return { ...(rows[0] ?? NOTHING), groups: ended.rows.length };
};

const numbersOf = (rows: readonly { readonly number: number }[]) => sql.param(rows.map(({ number }) => number));

const copyGroups = async (
  client: pg.PoolClient,
  { lineage, step }: Pick<Finalization, "lineage" | "step">,
  lastNumber: number,
  groups: readonly NewGroup[],
): Promise<void> => {
  await copyInto(
    client,
    "image_group",
    ["lineage", "number", "from_step", "kind", "keeper", "keeper_reason", "size", "reclaimable_bytes"],
    groups.map(({ kind, keeper, keeperReason, members, reclaimableBytes }, at) => [
      lineage,
      lastNumber + at + 1,
      step,
      kind,
      keeper,
      keeperReason,
      members.length,
      reclaimableBytes,
    ]),
  );
  await copyInto(
    client,
    "group_member",
    ["lineage", "number", "ordinal", "distance"],
    groups.flatMap(({ members }, at) =>
      members.map(({ ordinal, distance }) => [lineage, lastNumber + at + 1, ordinal, distance]),
    ),
  );
};

/**
 * The result of the job that this one builds on, where it was grouped by the same rules, no other result went on
 * from it, and all edges are known: no task of this job is missing, and no older job was completed since.
 */
export const reusableBase = async (
  db: Db,
  { catalogId, baseJob, baseBlocks, thresholdBits, quarantinedTasks, options }: JobRow,
): Promise<Base | null> => {
  if (baseJob === null || baseBlocks === null || thresholdBits === null || quarantinedTasks > 0) return null;
  const rows = await db
    .select()
    .from(finalization)
    .where(
      and(
        eq(finalization.jobId, baseJob),
        eq(finalization.run, sql`(select run from job where id = ${baseJob})`),
        eq(finalization.thresholdBits, thresholdBits),
        eq(finalization.grouping, options.grouping),
        sql`not exists (select from job as older join job as base on base.id = ${baseJob}
          where older.catalog_id = ${catalogId} and older.accepted_at < base.accepted_at
            and older.finished_at > ${finalization.at})`,
      ),
    );
  const [found] = rows;
  return found === undefined || found.equalImages === null
    ? null
    : { ...found, equalImages: found.equalImages, blocks: baseBlocks };
};

/** A result in numbers; which images are equal would be most of its bytes. */
export const getFinalization = async (db: Db, result: Result) => {
  const { grouping, thresholdBits, groups, groupedImages, flatImages, edges } = finalization;
  const rows = await db
    .select({ grouping, thresholdBits, groups, groupedImages, flatImages, edges })
    .from(finalization)
    .where(isResult(result));
  return rows[0] ?? null;
};

/** How many groups are stored of a result. */
export const countGroups = async (db: Db, result: Result): Promise<number> => {
  const rows = await db.select({ groups: count() }).from(imageGroup).where(hasGroup(result));
  return rows[0]?.groups ?? 0;
};
