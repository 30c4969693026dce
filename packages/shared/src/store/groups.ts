import { and, asc, eq, gt, inArray, sql } from "drizzle-orm";
import type pg from "pg";
import { nameOfBytes } from "../domain/bytes.ts";
import { ImageFacts } from "../domain/hash-block.ts";
import type { GroupKind, KeeperReason } from "../domain/keeper.ts";
import { copyInto } from "./copy.ts";
import type { Db } from "./open.ts";
import { finalization, groupMember, hashBlock, image, imageGroup } from "./schema.ts";

export interface StoredGroup {
  readonly number: number;
  readonly kind: GroupKind;
  readonly keeper: number;
  readonly keeperReason: KeeperReason;
  readonly reclaimableBytes: number;
  readonly members: readonly { readonly ordinal: number; readonly distance: number | null }[];
}

/** Stores the result of (job, run) once. False when it is there already: nothing is written. */
export const insertFinalization = async (
  db: Db,
  client: pg.PoolClient,
  result: typeof finalization.$inferInsert,
  groups: readonly StoredGroup[],
): Promise<boolean> => {
  const { jobId, run } = result;
  const inserted = await db
    .insert(finalization)
    .values(result)
    .onConflictDoNothing()
    .returning({ run: finalization.run });
  if (inserted.length === 0) return false;
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
  return true;
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

export interface GroupPage {
  readonly jobId: string;
  readonly run: number;
  readonly catalogId: string;
  readonly blockSize: number;
  /** Groups after this number. */
  readonly after: number;
  readonly limit: number;
}

/** Groups with their members' names and facts, in order of their numbers. */
export const listGroups = async (db: Db, { jobId, run, catalogId, blockSize, after, limit }: GroupPage) => {
  const groups = await db
    .select()
    .from(imageGroup)
    .where(and(eq(imageGroup.jobId, jobId), eq(imageGroup.run, run), gt(imageGroup.number, after)))
    .orderBy(asc(imageGroup.number))
    .limit(limit);
  if (groups.length === 0) return [];
  const size = sql.raw(String(blockSize));
  const rows = await db
    .select({
      number: groupMember.number,
      ordinal: groupMember.ordinal,
      distance: groupMember.distance,
      path: image.path,
      facts: sql<unknown>`${hashBlock.details} -> (${groupMember.ordinal} % ${size})`,
    })
    .from(groupMember)
    .innerJoin(image, and(eq(image.catalogId, catalogId), eq(image.ordinal, groupMember.ordinal)))
    .innerJoin(
      hashBlock,
      and(eq(hashBlock.catalogId, catalogId), sql`${hashBlock.block} = ${groupMember.ordinal} / ${size}`),
    )
    .where(
      and(
        eq(groupMember.jobId, jobId),
        eq(groupMember.run, run),
        inArray(
          groupMember.number,
          groups.map(({ number }) => number),
        ),
      ),
    )
    .orderBy(asc(groupMember.number), asc(groupMember.ordinal));
  return groups.map((group) => ({
    ...group,
    members: rows
      .filter(({ number }) => number === group.number)
      .map(({ ordinal, distance, path, facts }) => ({
        ordinal,
        distance,
        path: nameOfBytes(path),
        ...ImageFacts.parse(facts ?? {}),
      })),
  }));
};
