import { and, asc, count, desc, eq, getTableColumns, inArray, isNull, lt, ne, or, sql } from "drizzle-orm";
import { ACTIVE, type Job, type JobState, type Listed } from "../../domain/job/job.ts";
import { nextRate, progressOf, unitsOf } from "../../domain/job/progress.ts";
import { perKind, WorkKind } from "../../domain/job/task.ts";
import type { Work } from "../../domain/job/work.ts";
import { lockCatalog } from "../catalog/catalogs.ts";
import type { Db } from "../open.ts";
import { catalog, job } from "../schema.ts";
import { onlyRow, type Page } from "../sql.ts";

export type JobRow = typeof job.$inferSelect;

/** Shadow jobs belong to the roll-out, and no owner sees them. Ends with it: decision 0037. */
const IS_OWNERS = ne(job.mode, "shadow");
/** Jobs that are not over. */
export const IS_ACTIVE = inArray(job.state, [...ACTIVE]);
const NEWEST_FIRST = [desc(job.acceptedAt), desc(job.id)];

/**
 * Whether the catalog has a job that is not over. Locks the catalog's row, so that two requests at
 * the same time cannot both start one.
 */
export const hasActiveJob = async (db: Db, catalogId: string): Promise<boolean> => {
  await lockCatalog(db, catalogId);
  return (await db.$count(job, and(eq(job.catalogId, catalogId), IS_ACTIVE, IS_OWNERS))) > 0;
};

/** Whether this installation has ever had a job that it still stores. */
export const hasJobs = async (db: Db): Promise<boolean> =>
  (await db.select({ id: job.id }).from(job).limit(1)).length > 0;

/** How many jobs of the tenant are not over. */
export const countActiveJobs = (db: Db, tenant: string): Promise<number> =>
  db.$count(job, and(eq(job.tenant, tenant), IS_ACTIVE, IS_OWNERS));

/** How many jobs of all tenants are not over. */
export const countAllActiveJobs = async (db: Db): Promise<number> =>
  onlyRow(await db.execute<{ jobs: number }>(sql`select count_active_jobs() as jobs`)).jobs;

/**
 * Stores a new job, once. The catalog's other jobs are not checked here: a replay may fold the start
 * of the next job before the end of the last one.
 */
export const insertJob = async (db: Db, accepted: Job, at: string): Promise<void> => {
  const { id, tenant, catalog: catalogId, mode, options, traceparent } = accepted;
  const row = { id, tenant, catalogId, mode, options, traceparent, ...columnsOf(accepted), acceptedAt: at };
  await db.insert(job).values(row).onConflictDoNothing();
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
export const findJob = async (db: Db, id: string): Promise<JobRow | null> =>
  (await db.query.job.findFirst({ where: eq(job.id, id) })) ?? null;

/** Whether a job of the same catalog was accepted after this one: it may have changed images and blocks. */
export const hasLaterJob = async (db: Db, { id, catalogId, acceptedAt }: JobRow): Promise<boolean> =>
  (await db.$count(
    job,
    and(
      eq(job.catalogId, catalogId),
      IS_OWNERS,
      sql`(${job.acceptedAt}, ${job.id}) > (${acceptedAt}::timestamptz, ${id})`,
    ),
  )) > 0;

/** Those of the jobs that hash and compare now. */
export const runningJobs = (db: Db, ids: readonly string[]): Promise<JobRow[]> =>
  ids.length === 0
    ? Promise.resolve([])
    : db.query.job.findMany({ where: and(eq(job.state, "running"), inArray(job.id, [...ids])) });

/** Jobs of a catalog that are older than the job `after`, newest first; "" = from the newest. */
export const listJobs = (
  db: Db,
  tenant: string,
  catalogId: string,
  { after, limit }: Page<string>,
): Promise<JobRow[]> =>
  db.query.job.findMany({
    where: and(
      eq(job.tenant, tenant),
      eq(job.catalogId, catalogId),
      IS_OWNERS,
      after === ""
        ? undefined
        : sql`(${job.acceptedAt}, ${job.id}) < (select accepted_at, id from job where id = ${after})`,
    ),
    orderBy: NEWEST_FIRST,
    limit,
  });

/** Jobs of all tenants, newest first. @param states null = in any state */
export const listAllJobs = (db: Db, states: readonly JobState[] | null, limit: number): Promise<JobRow[]> =>
  db.query.job.findMany({
    where: states === null ? undefined : inArray(job.state, [...states]),
    orderBy: NEWEST_FIRST,
    limit,
  });

export const countJobs = (db: Db): Promise<{ state: JobState; paused: boolean; jobs: number }[]> =>
  db.select({ state: job.state, paused: job.paused, jobs: count() }).from(job).groupBy(job.state, job.paused);

/** Seconds since anything happened to the active job that has been silent longest; paused jobs may be silent. */
export const longestSilence = async (db: Db): Promise<number> => {
  const longest = await db.execute<{ seconds: number }>(sql`
    select coalesce(extract(epoch from now() - min(updated_at)), 0)::float8 as seconds
    from job where ${IS_ACTIVE} and not paused`);
  return onlyRow(longest).seconds;
};

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
    .where(IS_ACTIVE)
    .orderBy(asc(job.updatedAt));

/** The columns of each kind's work. */
const WORK_COLUMNS = {
  hash: {
    count: "totalBlocks",
    cursor: "hashCursor",
    published: "hashPublished",
    done: "blocksDone",
    quarantined: "blocksQuarantined",
  },
  compare: {
    count: "totalTasks",
    cursor: "compareCursor",
    published: "comparePublished",
    done: "tasksDone",
    quarantined: "tasksQuarantined",
  },
  verify: {
    count: "totalVerifyTasks",
    cursor: "verifyCursor",
    published: "verifyPublished",
    done: "verifyDone",
    quarantined: "verifyQuarantined",
  },
} as const satisfies Record<WorkKind, Record<keyof Work | "published", keyof JobRow>>;

/** Jobs with dispatched tasks that may not have been published. */
export const jobsWithUnpublishedTasks = async (db: Db): Promise<string[]> => {
  const isUnpublished = Object.values(WORK_COLUMNS).map(({ published, cursor }) => lt(job[published], job[cursor]));
  const rows = await db
    .select({ id: job.id })
    .from(job)
    .where(and(eq(job.state, "running"), or(...isUnpublished)));
  return rows.map(({ id }) => id);
};

/** Tasks of each kind that are published: those below this number. */
export const publishedOf = (row: JobRow): Record<WorkKind, number> =>
  perKind((kind) => row[WORK_COLUMNS[kind].published]);

/** The kinds of which more is published than was dispatched: none, unless the row is damaged. */
export const overpublishedKinds = (row: JobRow): WorkKind[] =>
  WorkKind.options.filter((kind) => publishedOf(row)[kind] > row[WORK_COLUMNS[kind].cursor]);

/** Whether the job has dispatched tasks that may not have been published. */
export const hasUnpublishedTasks = (row: JobRow): boolean =>
  row.state === "running" && WorkKind.options.some((kind) => publishedOf(row)[kind] < row[WORK_COLUMNS[kind].cursor]);

/** Records that tasks below `cursor` were published; several coordinators may record it. */
export const markPublished = async (db: Db, id: string, kind: WorkKind, cursor: number): Promise<void> => {
  const column = sql.identifier(job[WORK_COLUMNS[kind].published].name);
  await db.execute(sql`update job set ${column} = greatest(${column}, ${cursor}) where id = ${id}`);
};

/** Raises the images that the job shows as hashed, those of unfinished blocks included. */
export const raiseShownImages = async (db: Db, id: string, images: number): Promise<void> => {
  await db.execute(sql`
    update job set shown_images = greatest(shown_images, least(total_images, ${images})) where id = ${id}`);
};

/**
 * The newest finished job whose edges a new one may build on: it compared hashes of the same format,
 * nothing is missing, and its radius is large enough.
 * @param isVerified whether its pairs must be verified, candidates too, since those of the new one are
 */
export const latestBase = async (
  db: Db,
  catalogId: string,
  { hashFormat, radiusBits, isVerified }: { hashFormat: string; radiusBits: number; isVerified: boolean },
) => {
  const { rows } = await db.execute<{ job: string; blocks: number }>(sql`
    select id as job, total_blocks as blocks from job
    where catalog_id = ${catalogId} and state = 'completed' and ${IS_OWNERS} and hash_format = ${hashFormat}
      and quarantined_tasks = 0 and total_blocks > 0 and radius_bits >= ${radiusBits} and (candidate_tile_blocks is not null or not ${isVerified})
    order by accepted_at desc, id desc limit 1`);
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
  commandNumber: row.commandNumber,
  run: row.run,
  failure: row.failure,
  missingImages: row.missingImages,
  traceparent: row.traceparent,
  hashFormat: row.hashFormat,
  listing: listingOf(row),
  images: row.totalImages,
  hashedImages: row.completedImages,
  failedImages: row.failedImages,
  ...perKind((kind): Work => {
    const { count, cursor, done, quarantined } = WORK_COLUMNS[kind];
    return { count: row[count], cursor: row[cursor], done: row[done], quarantined: row[quarantined] };
  }),
});

/** @throws Error when only some of the columns that a listing fills are set */
const listingOf = (row: JobRow): Listed | null => {
  const { id, blockSize, hashBits, thresholdBits, radiusBits, kernelReason, fileCounts, verification } = row;
  const { baseJob, baseBlocks, tileBlocks, bands, candidateTileBlocks } = row;
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
    fileCounts,
    verification,
    candidates: candidateTileBlocks === null ? null : { tileBlocks: candidateTileBlocks },
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
    fileCounts: listing.fileCounts,
    verification: listing.verification,
    candidateTileBlocks: listing.candidates?.tileBlocks ?? null,
  };

/** What events change of a job, and the progress that follows from it. */
const columnsOf = (job: Job) => ({
  ...progressOf(job),
  state: job.state,
  paused: job.paused,
  commandNumber: job.commandNumber,
  run: job.run,
  failure: job.failure,
  missingImages: job.missingImages,
  hashFormat: job.hashFormat,
  ...listingColumns(job.listing),
  hashCursor: job.hash.cursor,
  compareCursor: job.compare.cursor,
  verifyCursor: job.verify.cursor,
  blocksDone: job.hash.done,
  blocksQuarantined: job.hash.quarantined,
  tasksDone: job.compare.done,
  tasksQuarantined: job.compare.quarantined,
  verifyDone: job.verify.done,
  verifyQuarantined: job.verify.quarantined,
});

/** Writes the job back. */
export const saveJob = async (db: Db, row: JobRow, next: Job, at: string): Promise<void> => {
  const columns = columnsOf(next);
  const rate = nextRate(
    { phase: row.phase, rate: row.rate, at: row.rateAt, done: unitsOf(row).done },
    { phase: columns.phase, at, done: unitsOf(columns).done },
  );
  await db
    .update(job)
    .set({
      ...columns,
      rate: rate.rate,
      rateAt: rate.at,
      updatedAt: sql`now()`,
      finishedAt: columns.phase === "done" ? (row.finishedAt ?? at) : null,
    })
    .where(eq(job.id, row.id));
};
