import { and, asc, desc, eq, getTableColumns, gt, inArray, isNull, ne, sql } from "drizzle-orm";
import { ACTIVE, type Job, type Listed } from "../../domain/job/job.ts";
import { progressOf } from "../../domain/job/progress.ts";
import { nextRate, unitsOf } from "../../domain/job/rate.ts";
import type { WorkKind } from "../../domain/job/task.ts";
import { emptySet } from "../../domain/primitives/bit-set.ts";
import type { Db } from "../open.ts";
import { catalog, job } from "../schema.ts";

export type JobRow = typeof job.$inferSelect;

/** Shadow jobs belong to the roll-out, and no owner sees them. Ends with it: decision 0037. */
const IS_OWNERS = ne(job.mode, "shadow");

/**
 * Whether the catalog has a job that is not over. Locks the catalog's row, so that two requests at
 * the same time cannot both start one.
 */
export const hasActiveJob = async (db: Db, catalogId: string): Promise<boolean> => {
  await db.select({ id: catalog.id }).from(catalog).where(eq(catalog.id, catalogId)).for("update");
  const rows = await db
    .select({ id: job.id })
    .from(job)
    .where(and(eq(job.catalogId, catalogId), inArray(job.state, [...ACTIVE]), IS_OWNERS))
    .limit(1);
  return rows.length > 0;
};

/**
 * Stores a new job, once. The catalog's other jobs are not checked here: a replay may fold the start
 * of the next job before the end of the last one.
 */
export const insertJob = async (db: Db, accepted: Job, at: string): Promise<void> => {
  await db
    .insert(job)
    .values({
      id: accepted.id,
      tenant: accepted.tenant,
      catalogId: accepted.catalog,
      mode: accepted.mode,
      options: accepted.options,
      state: accepted.state,
      run: accepted.run,
      traceparent: accepted.traceparent,
      hashFormat: accepted.hashFormat,
      phase: progressOf(accepted).phase,
      blocksDone: emptySet(0),
      blocksQuarantined: emptySet(0),
      tasksDone: emptySet(0),
      tasksQuarantined: emptySet(0),
      acceptedAt: at,
    })
    .onConflictDoNothing();
};

export const getJob = async (db: Db, tenant: string, id: string): Promise<JobRow | null> => {
  const rows = await db
    .select(getTableColumns(job))
    .from(job)
    .innerJoin(catalog, and(eq(catalog.id, job.catalogId), isNull(catalog.deletedAt)))
    .where(and(eq(job.tenant, tenant), eq(job.id, id), IS_OWNERS));
  return rows[0] ?? null;
};

/** A job of any tenant, for the coordinator and the workers, which serve all tenants. */
export const findJob = async (db: Db, id: string): Promise<JobRow | null> => {
  const rows = await db.select().from(job).where(eq(job.id, id));
  return rows[0] ?? null;
};

/** Jobs of a catalog that are older than the job `after`, newest first; "" = from the newest. */
export const listJobs = (
  db: Db,
  tenant: string,
  catalogId: string,
  { after, limit }: { after: string; limit: number },
): Promise<JobRow[]> =>
  db
    .select()
    .from(job)
    .where(
      and(
        eq(job.tenant, tenant),
        eq(job.catalogId, catalogId),
        IS_OWNERS,
        after === ""
          ? undefined
          : sql`(${job.acceptedAt}, ${job.id}) < (select accepted_at, id from job where id = ${after})`,
      ),
    )
    .orderBy(desc(job.acceptedAt), desc(job.id))
    .limit(limit);

/** Locks the job's row: only the holder of the lock decides. null = there is no such job. */
export const lockJob = async (db: Db, id: string): Promise<JobRow | null> => {
  const rows = await db.select().from(job).where(eq(job.id, id)).for("update");
  return rows[0] ?? null;
};

/** Jobs that are not over, and how long nothing has happened to each. */
export const activeJobs = (db: Db): Promise<{ id: string; silentMs: number }[]> =>
  db
    .select({ id: job.id, silentMs: sql<number>`(extract(epoch from now() - ${job.updatedAt}) * 1000)::float8` })
    .from(job)
    .where(inArray(job.state, [...ACTIVE]))
    .orderBy(asc(job.updatedAt));

/** Jobs with dispatched tasks that may not have been published. */
export const jobsWithUnpublishedTasks = async (db: Db): Promise<string[]> => {
  const rows = await db
    .select({ id: job.id })
    .from(job)
    .where(
      and(
        eq(job.state, "running"),
        sql`(${job.hashPublished} < ${job.hashCursor} or ${job.comparePublished} < ${job.compareCursor})`,
      ),
    );
  return rows.map(({ id }) => id);
};

/** Records that tasks below `cursor` were published; several coordinators may record it. */
export const markPublished = async (db: Db, id: string, kind: WorkKind, cursor: number): Promise<void> => {
  const column = kind === "hash" ? job.hashPublished : job.comparePublished;
  const key = kind === "hash" ? "hashPublished" : "comparePublished";
  await db
    .update(job)
    .set({ [key]: sql`greatest(${column}, ${cursor})` })
    .where(eq(job.id, id));
};

/** Raises the images that the job shows as hashed, those of unfinished blocks included. */
export const raiseShownImages = async (db: Db, id: string, images: number): Promise<void> => {
  await db
    .update(job)
    .set({ shownImages: sql`greatest(${job.shownImages}, least(${job.totalImages}, ${images}))` })
    .where(eq(job.id, id));
};

/**
 * The newest finished job whose edges a new one may build on: it compared hashes of the same format,
 * nothing is missing, and its radius is large enough.
 */
export const latestBase = async (
  db: Db,
  catalogId: string,
  hashFormat: string,
  radiusBits: number,
): Promise<{ job: string; blocks: number } | null> => {
  const rows = await db
    .select({ job: job.id, blocks: job.totalBlocks })
    .from(job)
    .where(
      and(
        eq(job.catalogId, catalogId),
        eq(job.state, "completed"),
        IS_OWNERS,
        eq(job.hashFormat, hashFormat),
        eq(job.quarantinedTasks, 0),
        gt(job.totalBlocks, 0),
        sql`${job.radiusBits} >= ${radiusBits}`,
      ),
    )
    .orderBy(desc(job.acceptedAt), desc(job.id))
    .limit(1);
  return rows[0] ?? null;
};

/** The row as the pure job that `evolve` and `decide` work on. */
export const jobOf = (row: JobRow): Job => ({
  id: row.id,
  tenant: row.tenant,
  catalog: row.catalogId,
  mode: row.mode,
  options: row.options,
  state: row.state,
  paused: row.paused,
  run: row.run,
  failure: row.failure,
  traceparent: row.traceparent,
  hashFormat: row.hashFormat,
  listing: listingOf(row),
  images: row.totalImages,
  hashedImages: row.completedImages,
  failedImages: row.failedImages,
  hash: { count: row.totalBlocks, cursor: row.hashCursor, done: row.blocksDone, quarantined: row.blocksQuarantined },
  compare: { count: row.totalTasks, cursor: row.compareCursor, done: row.tasksDone, quarantined: row.tasksQuarantined },
});

/** @throws Error when only some of the columns that a listing fills are set */
const listingOf = (row: JobRow): Listed | null => {
  const { id, blockSize, hashBits, thresholdBits, radiusBits, kernelReason } = row;
  const { baseJob, baseBlocks, tileBlocks, bands } = row;
  if (blockSize === null) return null;
  const isWhole = (baseJob === null) === (baseBlocks === null) && (tileBlocks === null) === (bands === null);
  if (hashBits === null || thresholdBits === null || radiusBits === null || !isWhole)
    throw new Error(`job ${id}: only some of the columns that a listing fills are set`);
  return {
    base: baseJob === null || baseBlocks === null ? null : { job: baseJob, blocks: baseBlocks },
    blockSize,
    hashBits,
    thresholdBits,
    radiusBits,
    index: tileBlocks === null || bands === null ? null : { tileBlocks, bands },
    kernelReason,
  };
};

/** Inverse of {@link listingOf}. A job that is not listed yet has none of these columns set. */
const listingColumns = (listing: Listed | null) =>
  listing && {
    baseJob: listing.base?.job ?? null,
    baseBlocks: listing.base?.blocks ?? null,
    blockSize: listing.blockSize,
    hashBits: listing.hashBits,
    thresholdBits: listing.thresholdBits,
    radiusBits: listing.radiusBits,
    tileBlocks: listing.index?.tileBlocks ?? null,
    bands: listing.index?.bands ?? null,
    kernelReason: listing.kernelReason,
  };

/** Writes the job back, with the progress that follows from it. */
export const saveJob = async (db: Db, row: JobRow, next: Job, at: string): Promise<void> => {
  const progress = progressOf(next);
  const over = progress.phase === "done";
  const rate = nextRate(
    { phase: row.phase, rate: row.rate, at: row.rateAt, done: unitsOf(row).done },
    { phase: progress.phase, at, done: unitsOf(progress).done },
  );
  await db
    .update(job)
    .set({
      ...progress,
      state: next.state,
      paused: next.paused,
      run: next.run,
      failure: next.failure,
      hashFormat: next.hashFormat,
      ...listingColumns(next.listing),
      hashCursor: next.hash.cursor,
      compareCursor: next.compare.cursor,
      blocksDone: next.hash.done,
      blocksQuarantined: next.hash.quarantined,
      tasksDone: next.compare.done,
      tasksQuarantined: next.compare.quarantined,
      rate: rate.rate,
      rateAt: rate.at,
      updatedAt: sql`now()`,
      finishedAt: over ? (row.finishedAt ?? at) : null,
    })
    .where(eq(job.id, row.id));
};
