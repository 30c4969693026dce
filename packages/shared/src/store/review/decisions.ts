import { randomUUID } from "node:crypto";
import { and, asc, desc, eq, gt, inArray, type SQL, sql } from "drizzle-orm";
import { type Decision, decisionIndex, effectiveDecisions } from "../../domain/review/decisions.ts";
import { lockCatalog } from "../catalog/catalogs.ts";
import type { Db } from "../open.ts";
import { hasGroup, lineageOf, type Result, stepOf } from "../results/results.ts";
import { decision, imageGroup, job } from "../schema.ts";
import { integers, type Page } from "../sql.ts";

export type DecisionRow = typeof decision.$inferSelect;

/** Every decision of a catalog, oldest first. */
export const readDecisions = (db: Db, catalogId: string): Promise<DecisionRow[]> =>
  db.query.decision.findMany({
    where: eq(decision.catalogId, catalogId),
    orderBy: [asc(decision.decidedAt), asc(decision.id)],
  });

/** Images that were decided about since the job of a result was accepted, which may change their groups. */
export const decidedSince = async (db: Db, catalogId: string, { jobId }: Result): Promise<number[]> => {
  const rows = await db
    .select({ members: decision.members })
    .from(decision)
    .innerJoin(job, eq(job.id, jobId))
    .where(and(eq(decision.catalogId, catalogId), gt(decision.decidedAt, job.acceptedAt)));
  return rows.flatMap(({ members }) => members);
};

/**
 * Marks a result's new groups that earlier decisions are about; the groups that it took over are marked already.
 * It holds the catalog's lock, as new decisions do, so that no decision is missed between two results.
 */
export const carryDecisions = async (db: Db, catalogId: string, result: Result): Promise<void> => {
  await lockCatalog(db, catalogId);
  await mark(db, catalogId, result, sql`from_step = ${stepOf(result)}`);
};

/** Marks all groups of a result that decisions are about. The caller holds the catalog's lock. */
export const markDecided = (db: Db, catalogId: string, result: Result): Promise<void> =>
  mark(db, catalogId, result, hasGroup(result));

const mark = async (db: Db, catalogId: string, result: Result, condition: SQL): Promise<void> => {
  const decisions = await readDecisions(db, catalogId);
  const decided = [...new Set(effectiveDecisions(decisions).flatMap(({ members }) => members))];
  if (decided.length === 0) return;
  const { rows } = await db.execute<{ number: number; members: number[] }>(sql`
    select number, array_agg(ordinal order by ordinal) as members from group_member
    where lineage = ${lineageOf(result)} and number in (
      select number from group_member join image_group using (lineage, number)
      where lineage = ${lineageOf(result)} and ${condition}
        and ordinal = any(${integers(decided)}))
    group by number`);
  const decisionStateOf = decisionIndex(decisions);
  const groups = rows.map(({ number, members }) => ({ number, ...decisionStateOf(members) }));
  await db.execute(sql`
    update image_group set decision_id = "decisionId", reopened_id = "reopenedId"
    from jsonb_to_recordset(${JSON.stringify(groups)}::jsonb) as known(number int, "decisionId" text, "reopenedId" text)
    where lineage = ${lineageOf(result)} and image_group.number = known.number`);
};

/** The catalog's newest result whose groups are stored; null before the first one. */
export const latestResult = async (db: Db, catalogId: string): Promise<Result | null> => {
  const { rows } = await db.execute<{ jobId: string; run: number }>(sql`
    select job.id as "jobId", finalization.run from job
    join finalization on finalization.job_id = job.id and finalization.run = job.run
    where job.catalog_id = ${catalogId} and job.state in ('finalizing', 'completed')
    order by job.accepted_at desc, job.id desc limit 1`);
  return rows[0] ?? null;
};

export type NewDecision = Pick<DecisionRow, "groupNumber" | "verdict" | "members" | "keep">;

/** Stores decisions about groups of a result, and marks the groups. The caller holds the catalog's lock. */
export const appendDecisions = async (
  db: Db,
  { catalogId, jobId, run }: Result & { readonly catalogId: string },
  decidedBy: string,
  decisions: readonly NewDecision[],
): Promise<DecisionRow[]> => {
  const appended: DecisionRow[] = [];
  for (let from = 0; from < decisions.length; from += DECISIONS_PER_QUERY) {
    const values = decisions
      .slice(from, from + DECISIONS_PER_QUERY)
      .map((values) => ({ ...values, id: randomUUID(), catalogId, jobId, run, decidedBy }));
    appended.push(...(await db.insert(decision).values(values).returning()));
  }
  await db.execute(sql`
    update image_group set decision_id = appended.id, reopened_id = null
    from jsonb_to_recordset(${JSON.stringify(appended.map(({ id, groupNumber }) => ({ id, number: groupNumber })))}::jsonb) as appended(id text, number int)
    where lineage = ${lineageOf({ jobId, run })} and image_group.number = appended.number`);
  return appended;
};

const DECISIONS_PER_QUERY = 1_000;

type ImportedDecision = Pick<Decision, "verdict" | "members" | "keep"> & Pick<DecisionRow, "decidedBy">;

/** No group of this catalog was shown when an imported decision was made. */
const NO_GROUP = 0;

/** Stores decisions that were made elsewhere, as of now: the next job groups by them. The caller holds the catalog's lock. */
export const insertDecisions = async (
  db: Db,
  { catalogId, jobId, run }: Result & { readonly catalogId: string },
  decisions: readonly ImportedDecision[],
): Promise<void> => {
  for (let from = 0; from < decisions.length; from += DECISIONS_PER_QUERY)
    await db.insert(decision).values(
      decisions.slice(from, from + DECISIONS_PER_QUERY).map(({ verdict, members, keep, decidedBy }) => ({
        id: randomUUID(),
        catalogId,
        jobId,
        run,
        groupNumber: NO_GROUP,
        verdict,
        decidedBy,
        members: [...members],
        keep: [...keep],
      })),
    );
};

export const findDecision = async (db: Db, catalogId: string, id: string): Promise<DecisionRow | null> => {
  const where = and(eq(decision.catalogId, catalogId), eq(decision.id, id));
  return (await db.query.decision.findFirst({ where })) ?? null;
};

/** Decisions by their ids. */
export const decisionsOf = (db: Db, ids: readonly string[]): Promise<DecisionRow[]> =>
  db.query.decision.findMany({ where: inArray(decision.id, [...ids]) });

/** Takes a decision back by storing a second one; its groups are open again. Null when it was taken back before. */
export const undoDecision = async (db: Db, row: DecisionRow, decidedBy: string): Promise<DecisionRow | null> => {
  const { id } = row;
  const rows = await db
    .insert(decision)
    .values({ ...row, id: randomUUID(), verdict: "undo", undoes: id, decidedBy, decidedAt: sql`now()` })
    .onConflictDoNothing()
    .returning();
  await db.update(imageGroup).set({ decisionId: null }).where(eq(imageGroup.decisionId, id));
  return rows[0] ?? null;
};

/**
 * Takes back every effective decision that lets one of the images go, so that they stay where they are.
 * @returns how many decisions that were
 */
export const withdrawDecisions = (db: Db, catalogId: string, ordinals: ReadonlySet<number>, decidedBy: string) =>
  db.transaction(async (tx) => {
    await lockCatalog(tx, catalogId);
    const withdrawn = effectiveDecisions(await readDecisions(tx, catalogId)).filter(({ verdict, members, keep }) => {
      const kept = new Set(keep);
      return verdict === "keep" && members.some((ordinal) => ordinals.has(ordinal) && !kept.has(ordinal));
    });
    for (const row of withdrawn) await undoDecision(tx, row, decidedBy);
    return withdrawn.length;
  });

/** Decisions of a catalog, newest first, from after the one whose id is `after`; "" = from the newest one. */
export const listDecisions = (db: Db, catalogId: string, { after, limit }: Page<string>): Promise<DecisionRow[]> =>
  db.query.decision.findMany({
    where: and(
      eq(decision.catalogId, catalogId),
      after === ""
        ? undefined
        : sql`(${decision.decidedAt}, ${decision.id}) < (select decided_at, id from decision where id = ${after})`,
    ),
    orderBy: [desc(decision.decidedAt), desc(decision.id)],
    limit,
  });
