import { and, asc, count, eq, gt, gte, isNotNull, isNull, sql } from "drizzle-orm";
import type pg from "pg";
import type { GroupToDecide } from "../domain/bulk-rule.ts";
import { nameOfBytes } from "../domain/bytes.ts";
import type { GroupKind, KeeperReason } from "../domain/keeper.ts";
import { iso } from "../domain/moment.ts";
import { readFacts } from "./block-facts.ts";
import { copyInto } from "./copy.ts";
import type { JobRow } from "./jobs.ts";
import type { Db } from "./open.ts";
import { finalization, groupMember, image, imageGroup, job } from "./schema.ts";

export interface StoredGroup {
  readonly number: number;
  readonly kind: GroupKind;
  readonly keeper: number;
  readonly keeperReason: KeeperReason;
  readonly reclaimableBytes: number;
  readonly members: readonly { readonly ordinal: number; readonly distance: number | null }[];
}

/** The earlier result that a job may take groups over from. */
export interface Base {
  readonly jobId: string;
  readonly run: number;
  /** Blocks it covers. */
  readonly blocks: number;
}

export interface GroupsToStore {
  /** Groups that were made anew. */
  readonly groups: readonly StoredGroup[];
  readonly base: Base | null;
  /** Groups of the base that stay as they are: their numbers there and here. */
  readonly kept: readonly { readonly from: number; readonly to: number }[];
}

/**
 * Stores the result of (job, run) once.
 * @returns how many images are grouped; null when the result is there already, and nothing is written
 */
export const insertFinalization = async (
  db: Db,
  client: pg.PoolClient,
  result: Omit<typeof finalization.$inferInsert, "groupedImages">,
  { groups, base, kept }: GroupsToStore,
): Promise<number | null> => {
  const { jobId, run } = result;
  const inserted = await db
    .insert(finalization)
    .values({ ...result, groupedImages: 0 })
    .onConflictDoNothing()
    .returning({ run: finalization.run });
  if (inserted.length === 0) return null;
  await copyInto(
    client,
    "image_group",
    ["job_id", "run", "number", "kind", "keeper", "keeper_reason", "size", "reclaimable_bytes"],
    groups.map(({ number, kind, keeper, keeperReason, members, reclaimableBytes }) => [
      jobId,
      run,
      number,
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
    ["job_id", "run", "number", "ordinal", "distance"],
    groups.flatMap(({ number, members }) =>
      members.map(({ ordinal, distance }) => [jobId, run, number, ordinal, distance]),
    ),
  );
  if (base !== null && kept.length > 0) {
    const renumbered = sql`unnest(${sql.param(kept.map(({ from }) => from))}::int[], ${sql.param(kept.map(({ to }) => to))}::int[])
      as renumbered (was, becomes)`;
    await db.execute(sql`
      insert into image_group (job_id, run, number, kind, keeper, keeper_reason, size, reclaimable_bytes)
      select ${jobId}, ${run}, becomes, kind, keeper, keeper_reason, size, reclaimable_bytes
      from image_group join ${renumbered} on number = was where job_id = ${base.jobId} and run = ${base.run}`);
    await db.execute(sql`
      insert into group_member (job_id, run, number, ordinal, distance)
      select ${jobId}, ${run}, becomes, ordinal, distance
      from group_member join ${renumbered} on number = was where job_id = ${base.jobId} and run = ${base.run}`);
  }
  const grouped = await db
    .update(finalization)
    .set({
      groupedImages: sql`(select count(distinct ordinal) from group_member where job_id = ${jobId} and run = ${run})`,
    })
    .where(and(eq(finalization.jobId, jobId), eq(finalization.run, run)))
    .returning({ images: finalization.groupedImages });
  return grouped[0]?.images ?? 0;
};

/** The result of the job that this one builds on, where it was grouped by the same rules. */
export const reusableBase = async (
  db: Db,
  { baseJob, baseBlocks, thresholdBits, options }: JobRow,
): Promise<Base | null> => {
  if (baseJob === null || baseBlocks === null || thresholdBits === null) return null;
  const rows = await db
    .select({ jobId: finalization.jobId, run: finalization.run })
    .from(finalization)
    .innerJoin(job, and(eq(job.id, finalization.jobId), eq(job.run, finalization.run)))
    .where(
      and(
        eq(finalization.jobId, baseJob),
        eq(finalization.thresholdBits, thresholdBits),
        eq(finalization.grouping, options.grouping),
      ),
    );
  return rows[0] === undefined ? null : { ...rows[0], blocks: baseBlocks };
};

/** Each group's number and first two images. */
export const readGroupHeads = async (
  db: Db,
  { jobId, run }: Base,
): Promise<{ number: number; first: number; second: number }[]> => {
  const { rows } = await db.execute<{ number: number; first: number; second: number }>(sql`
    select number, ordinals[1] as first, ordinals[2] as second
    from (select number, array_agg(ordinal order by ordinal) as ordinals from group_member
          where job_id = ${jobId} and run = ${run} group by number) as members
    order by number`);
  return rows;
};

export const getFinalization = async (
  db: Db,
  jobId: string,
  run: number,
): Promise<typeof finalization.$inferSelect | null> => {
  const rows = await db
    .select()
    .from(finalization)
    .where(and(eq(finalization.jobId, jobId), eq(finalization.run, run)));
  return rows[0] ?? null;
};

/** How many groups are stored of a result. */
export const countGroups = async (db: Db, jobId: string, run: number): Promise<number> => {
  const rows = await db
    .select({ groups: count() })
    .from(imageGroup)
    .where(and(eq(imageGroup.jobId, jobId), eq(imageGroup.run, run)));
  return rows[0]?.groups ?? 0;
};

/** The groups of one result, and what is needed to read their images. */
export interface GroupsOf {
  readonly jobId: string;
  readonly run: number;
  readonly catalogId: string;
  readonly blockSize: number;
}

/** Which groups; null = any. */
export interface GroupFilter {
  readonly kind: GroupKind | null;
  readonly minSize: number | null;
  readonly minReclaimableBytes: number | null;
  readonly decided: boolean | null;
}

export const EVERY_GROUP: GroupFilter = { kind: null, minSize: null, minReclaimableBytes: null, decided: null };

/** By number, or most reclaimable first; each after a position. */
export type GroupOrder =
  | { readonly by: "number"; readonly after: number }
  | { readonly by: "reclaimable"; readonly after: { readonly bytes: number; readonly number: number } | null };

const wanted = ({ jobId, run }: GroupsOf, { kind, minSize, minReclaimableBytes, decided }: GroupFilter) =>
  and(
    eq(imageGroup.jobId, jobId),
    eq(imageGroup.run, run),
    kind === null ? undefined : eq(imageGroup.kind, kind),
    minSize === null ? undefined : gte(imageGroup.size, minSize),
    minReclaimableBytes === null ? undefined : gte(imageGroup.reclaimableBytes, minReclaimableBytes),
    decided === null ? undefined : decided ? isNotNull(imageGroup.decisionId) : isNull(imageGroup.decisionId),
  );

/** Groups with their members' names and facts. */
export const listGroups = async (db: Db, of: GroupsOf, filter: GroupFilter, order: GroupOrder, limit: number) => {
  const after =
    order.by === "number"
      ? gt(imageGroup.number, order.after)
      : order.after === null
        ? undefined
        : sql`${imageGroup.reclaimableBytes} <= ${order.after.bytes} and (${imageGroup.reclaimableBytes} < ${order.after.bytes} or ${imageGroup.number} > ${order.after.number})`;
  const groups = await db
    .select()
    .from(imageGroup)
    .where(and(wanted(of, filter), after))
    // As the index has it: with nulls first, as is the default, all groups would be sorted for each page.
    .orderBy(
      ...(order.by === "number" ? [] : [sql`${imageGroup.reclaimableBytes} desc nulls last`]),
      asc(imageGroup.number),
    )
    .limit(limit);
  return withMembers(db, of, groups);
};

export const getGroup = async (db: Db, of: GroupsOf, number: number) => {
  const groups = await db
    .select()
    .from(imageGroup)
    .where(and(wanted(of, EVERY_GROUP), eq(imageGroup.number, number)));
  return (await withMembers(db, of, groups))[0] ?? null;
};

/** A result's groups by kind: how many, how many of them undecided, what keeping one of each would free. */
export const groupStatistics = (db: Db, of: GroupsOf, filter: GroupFilter = EVERY_GROUP) =>
  db
    .select({
      kind: imageGroup.kind,
      groups: count(),
      undecided: sql<number>`count(*) filter (where ${imageGroup.decisionId} is null)::int`,
      images: sql<number>`sum(${imageGroup.size})::int`,
      reclaimableBytes: sql<number>`sum(${imageGroup.reclaimableBytes})::float8`,
    })
    .from(imageGroup)
    .where(wanted(of, filter))
    .groupBy(imageGroup.kind)
    .orderBy(asc(imageGroup.kind));

type GroupRow = typeof imageGroup.$inferSelect;

const withMembers = async (db: Db, { jobId, run, catalogId, blockSize }: GroupsOf, groups: readonly GroupRow[]) => {
  if (groups.length === 0) return [];
  const numbers = groups.map(({ number }) => number);
  // Plain rows, since a mapper takes longer than the query.
  const { rows } = await db.execute<MemberRow>(sql`
    select number, member.ordinal, distance, path, modified_at as "modifiedAt"
    from group_member member join image on image.catalog_id = ${catalogId} and image.ordinal = member.ordinal
    where job_id = ${jobId} and run = ${run} and number = any(${sql.param(numbers)}::int[])
    order by number, member.ordinal`);
  const factsOf = await readFacts(
    db,
    catalogId,
    blockSize,
    rows.map(({ ordinal }) => ordinal),
  );
  const byGroup = new Map<number, MemberRow[]>(numbers.map((number) => [number, []]));
  for (const row of rows) byGroup.get(row.number)?.push(row);
  return groups.map((group) => ({
    ...group,
    members: (byGroup.get(group.number) ?? []).map(({ ordinal, distance, path, modifiedAt }) => ({
      ordinal,
      distance,
      path: nameOfBytes(path),
      modifiedAt: iso(modifiedAt),
      ...factsOf(ordinal).facts,
    })),
  }));
};

interface MemberRow extends Record<string, unknown> {
  readonly number: number;
  readonly ordinal: number;
  readonly distance: number | null;
  readonly path: Buffer;
  readonly modifiedAt: string | null;
}

/** Every group that fits, with its images: for deciding many at once. */
export const readGroupsToDecide = async (db: Db, of: GroupsOf, filter: GroupFilter): Promise<GroupToDecide[]> => {
  const member = sql`array_agg(json_build_array(${image.ordinal}, encode(${image.path}, 'hex'), coalesce(${image.bytes}, 0)) order by ${image.ordinal})`;
  const rows = await db
    .select({
      number: imageGroup.number,
      keeper: imageGroup.keeper,
      members: sql<[ordinal: number, path: string, bytes: number][]>`${member}`,
    })
    .from(imageGroup)
    .innerJoin(
      groupMember,
      and(
        eq(groupMember.jobId, imageGroup.jobId),
        eq(groupMember.run, imageGroup.run),
        eq(groupMember.number, imageGroup.number),
      ),
    )
    .innerJoin(image, and(eq(image.catalogId, of.catalogId), eq(image.ordinal, groupMember.ordinal)))
    .where(wanted(of, filter))
    .groupBy(imageGroup.number, imageGroup.keeper)
    .orderBy(asc(imageGroup.number));
  return rows.map(({ members, ...group }) => ({
    ...group,
    members: members.map(([ordinal, path, bytes]) => ({ ordinal, path: nameOfBytes(Buffer.from(path, "hex")), bytes })),
  }));
};
