import { and, eq, inArray, type SQL, sql } from "drizzle-orm";
import type pg from "pg";
import { groupDigest, type ResultDigests } from "../../domain/grouping/result-digest.ts";
import { partDigest } from "../../domain/job/digest.ts";
import { groupingOf } from "../../domain/job/options.ts";
import { copyInto } from "../copy.ts";
import { type JobRow, jobOf } from "../jobs/jobs.ts";
import type { Db } from "../open.ts";
import { finalization, groupMember, imageGroup } from "../schema.ts";
import { digestOfRows, integers, onlyRow } from "../sql.ts";

/** Names a result: the run of a job. */
export interface Result {
  readonly jobId: string;
  readonly run: number;
}

/** Where a result's groups are: all results that share groups are steps of one lineage. */
export interface Place {
  readonly lineage: number;
  readonly step: number;
}

/** The place of a result; null where it is not stored. */
export const readPlace = async (db: Db, result: Result): Promise<Place | null> =>
  (await db.query.finalization.findFirst({ columns: { lineage: true, step: true }, where: isResult(result) })) ?? null;

const columnOf = (column: keyof Place, { jobId, run }: Result): SQL<number> =>
  sql`(select ${sql.raw(column)} from finalization where job_id = ${jobId} and run = ${run})`;

/** The lineage of a result as a part of a statement. */
export const lineageOf = (result: Result): SQL<number> => columnOf("lineage", result);

/** The step of its lineage that a result is, as a part of a statement. */
export const stepOf = (result: Result): SQL<number> => columnOf("step", result);

/** The condition that a result has a group: each group is stored once, for all the steps that have it. */
export const hasGroup = (result: Result): SQL => isOfPlace(lineageOf(result), stepOf(result));

/** {@link hasGroup} with numbers, by which PostgreSQL knows how many groups a lineage has before it chooses a plan. */
export const isAt = ({ lineage, step }: Place): SQL => isOfPlace(lineage, step);

const isOfPlace = (lineage: number | SQL<number>, step: number | SQL<number>): SQL =>
  sql`${imageGroup.lineage} = ${lineage} and ${imageGroup.fromStep} <= ${step}
    and (${imageGroup.toStep} is null or ${imageGroup.toStep} > ${step})`;

type Finalization = typeof finalization.$inferSelect;

/** A group before it is stored; storing it gives it its number. */
export type NewGroup = Pick<typeof imageGroup.$inferInsert, "kind" | "keeper" | "keeperReason" | "reclaimableBytes"> & {
  readonly members: readonly Omit<typeof groupMember.$inferSelect, "lineage" | "number">[];
};

/** The earlier result that a new one may build on: the last step of its lineage. */
export type Base = Pick<
  Finalization,
  "jobId" | "run" | "lineage" | "step" | "groups" | "groupedImages" | "flatImages"
> & {
  readonly equalImages: Uint8Array;
  readonly imageDigests: Uint8Array;
  readonly digests: ResultDigests;
  /** Number of blocks that it covers. */
  readonly blocks: number;
};

export interface GroupsToStore {
  readonly groups: readonly NewGroup[];
  /** The result that has the other groups; null = there are no others. */
  readonly base: Base | null;
  /** Images whose groups in the base are replaced by these. */
  readonly regrouped: readonly number[];
}

/** How many groups a result has, and how many images are in them. */
type Totals = Pick<Finalization, "groups" | "groupedImages">;

const NO_GROUPS: Totals = { groups: 0, groupedImages: 0 };

/**
 * Stores the result of (job, run) once. On top of a base it is the next step of the base's lineage, and groups
 * that have not changed are not written again.
 * @returns what is stored of it; null when the result is stored already: then nothing is written
 * @throws the database's error when another result has meanwhile built on the base, because each step is one result:
 * the job must be grouped again
 */
export const insertFinalization = async (
  db: Db,
  client: pg.PoolClient,
  result: Pick<
    Finalization,
    | "jobId"
    | "run"
    | "tenant"
    | "grouping"
    | "thresholdBits"
    | "edges"
    | "flatImages"
    | "equalImages"
    | "unverifiedPairs"
  >,
  { groups, base, regrouped }: GroupsToStore,
): Promise<(typeof result & Place & Totals) | null> => {
  const place = base === null ? { step: 0 } : { lineage: base.lineage, step: base.step + 1 };
  const [inserted] = await db
    .insert(finalization)
    .values({ ...result, ...place, ...NO_GROUPS })
    .onConflictDoNothing({ target: [finalization.jobId, finalization.run] })
    .returning({ lineage: finalization.lineage, step: finalization.step });
  if (inserted === undefined) return null;
  const { unchanged, lastNumber } =
    base === null ? { unchanged: NO_GROUPS, lastNumber: 0 } : await endGroups(db, base, regrouped);
  const { lineage, step } = inserted;
  const rows = groups.map((group, index) => {
    const numbered = { ...group, number: lastNumber + index + 1, size: group.members.length };
    return { ...numbered, lineage, fromStep: step, digest: groupDigest(numbered) };
  });
  await copyInto(client, imageGroup, rows);
  await copyInto(
    client,
    groupMember,
    rows.flatMap(({ number, members }) => members.map((member) => ({ lineage, number, ...member }))),
  );
  const grouped = new Set(groups.flatMap(({ members }) => members.map(({ ordinal }) => ordinal)));
  const totals = {
    groups: unchanged.groups + groups.length,
    groupedImages: unchanged.groupedImages + grouped.size,
  };
  await db.update(finalization).set(totals).where(isResult(result));
  return { ...result, lineage, step, ...totals };
};

export const isResult = ({ jobId, run }: Result) => and(eq(finalization.jobId, jobId), eq(finalization.run, run));

/**
 * Ends the groups of these images at the base's step, which is no longer the last one of its lineage.
 * @returns what remains of the base, and the highest group number of the lineage
 */
const endGroups = async (db: Db, base: Base, regrouped: readonly number[]) => {
  const { jobId, run, lineage, step } = base;
  await db.execute(sql`update finalization set equal_images = null where job_id = ${jobId} and run = ${run}`);
  // Three queries with lists of numbers between them: a table that was just filled has no statistics, and PostgreSQL
  // may plan a join of the two tables as a nested loop.
  const affected = await db.execute<{ number: number }>(sql`
    select distinct number from group_member
    where lineage = ${lineage} and ordinal = any(${integers(regrouped)})`);
  const ended = await db.execute<{ number: number }>(sql`
    update image_group set to_step = ${step + 1}
    where lineage = ${lineage} and to_step is null and number = any(${integers(numbersOf(affected.rows))})
    returning number`);
  const totals = await db.execute<{ endedImages: number; lastNumber: number }>(sql`
    select (select count(distinct ordinal)::int from group_member
       where lineage = ${lineage} and number = any(${integers(numbersOf(ended.rows))})) as "endedImages",
      (select coalesce(max(number), 0) from image_group where lineage = ${lineage}) as "lastNumber"`);
  const { endedImages, lastNumber } = onlyRow(totals);
  const unchanged = {
    groups: base.groups - ended.rows.length,
    groupedImages: base.groupedImages - endedImages,
  };
  return { unchanged, lastNumber };
};

const numbersOf = (rows: readonly { readonly number: number }[]) => rows.map(({ number }) => number);

/**
 * The result of the job that this one builds on, if it was grouped by the same rules, no other result builds on
 * it yet, and all edges are known: no task of this job is missing, and no older job was completed since. Its groups must
 * be those that were stored, as far as their digests show; else all images are grouped again.
 */
export const reusableBase = async (db: Db, row: JobRow): Promise<Base | null> => {
  const { listing } = jobOf(row);
  if (listing === null || listing.base === null || row.quarantinedTasks > 0) return null;
  const { job: baseJob, blocks } = listing.base;
  const { rows } = await db.execute<Base>(sql`
    select job_id as "jobId", result.run, lineage, step, groups, grouped_images as "groupedImages",
      result.flat_images as "flatImages", equal_images as "equalImages", image_digests as "imageDigests", digests,
      ${blocks}::int as blocks
    from finalization as result join job as base on base.id = result.job_id and base.run = result.run
    where base.id = ${baseJob} and result.threshold_bits = ${listing.thresholdBits}
      and base.verification = ${listing.verification} and result.grouping = ${groupingOf(row.options, listing.verification)} and equal_images is not null and digests is not null
      and not exists (select from job as older
        where older.catalog_id = ${row.catalogId} and older.accepted_at < base.accepted_at
          and older.finished_at > result.at)`);
  const base = rows[0] ?? null;
  return base !== null && (await isAsStored(db, base)) ? base : null;
};

/** The digest of the digests of a result's groups. */
export const groupsDigest = async (db: Db, result: Result): Promise<string> => {
  const found = await db.execute<{ digest: string }>(sql`
    select ${digestOfRows(sql`number || ':' || coalesce(digest, '')`, sql`number`)} as digest
    from image_group where ${hasGroup(result)}`);
  return onlyRow(found).digest;
};

const isAsStored = async (db: Db, base: Base): Promise<boolean> => {
  const counted = await db.execute<{ members: number; size: number }>(sql`
    select coalesce(sum(size), 0)::int as size, (select count(*)::int from group_member join image_group using (lineage, number)
      where ${hasGroup(base)}) as members
    from image_group where ${hasGroup(base)}`);
  const { members, size } = onlyRow(counted);
  return (
    members === size &&
    base.digests.equalImages === partDigest(base.equalImages) &&
    base.digests.groups === (await groupsDigest(db, base))
  );
};

/**
 * The numbers of results, without the pairs of equal images, which would be most of their bytes.
 * @returns those that are stored, by job
 */
export const readFinalizations = async (db: Db, results: readonly Result[]) => {
  const runs = new Map(results.map(({ jobId, run }) => [jobId, run]));
  if (runs.size === 0) return new Map<string, never>();
  const numbers = {
    grouping: true,
    thresholdBits: true,
    groups: true,
    groupedImages: true,
    flatImages: true,
    edges: true,
    unverifiedPairs: true,
  } as const;
  const rows = await db.query.finalization.findMany({
    columns: { jobId: true, run: true, ...numbers },
    where: inArray(finalization.jobId, [...runs.keys()]),
  });
  return new Map(rows.filter(({ jobId, run }) => runs.get(jobId) === run).map((row) => [row.jobId, row]));
};
