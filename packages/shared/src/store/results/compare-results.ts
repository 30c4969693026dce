import { and, asc, eq, inArray, lt, sql } from "drizzle-orm";
import { partDigest, resultDigest } from "../../domain/job/digest.ts";
import { planOf } from "../../domain/job/job.ts";
import { edgeTaskCount } from "../../domain/job/plan.ts";
import { members } from "../../domain/primitives/bit-set.ts";
import { type MissingDataError, missingData } from "../../runtime/errors.ts";
import { type JobRow, jobOf } from "../jobs/jobs.ts";
import type { Db } from "../open.ts";
import { compareResult, job } from "../schema.ts";

const ROWS_PER_QUERY = 64;

export type CompareResultRow = typeof compareResult.$inferSelect;

/** Stores a part of a task's edges once: a second one would have the same edges. */
export const insertCompareResult = async (db: Db, row: typeof compareResult.$inferInsert): Promise<void> => {
  await db.insert(compareResult).values(row).onConflictDoNothing();
};

/** Records the digest of a task's whole result, as its event has it, in the first of its parts. */
export const recordResultDigest = async (db: Db, jobId: string, task: number, digest: string): Promise<void> => {
  await db
    .update(compareResult)
    .set({ resultDigest: digest })
    .where(and(eq(compareResult.jobId, jobId), eq(compareResult.task, task), eq(compareResult.part, 0)));
};

/** The digest of all parts that are stored for a task. */
export const storedResultDigest = async (db: Db, jobId: string, task: number): Promise<string> => {
  const { rows } = await db.execute<{ digest: string }>(sql`
    select digest from compare_result where job_id = ${jobId} and task = ${task} order by part`);
  return resultDigest(rows.map(({ digest }) => digest));
};

/** The edges of a task that is done, part by part. @throws MissingDataError where some are not stored, or are damaged */
export const requiredTaskEdges = async (db: Db, jobId: string, task: number): Promise<Uint8Array[]> => {
  const rows = await db.query.compareResult.findMany({
    where: and(eq(compareResult.jobId, jobId), eq(compareResult.task, task)),
    orderBy: asc(compareResult.part),
  });
  const isDamaged = rows.some(({ edges, digest }) => partDigest(edges) !== digest);
  const fault = isDamaged ? "some edges" : faultOfParts(rows);
  if (fault !== null) throw missingEdges(jobId, `${fault} of task ${task}`);
  return rows.map(({ edges }) => edges);
};

/** The edges of a task, part by part. */
export const readTaskEdges = async (db: Db, jobId: string, task: number): Promise<Uint8Array[]> => {
  const rows = await db.query.compareResult.findMany({
    columns: { edges: true },
    where: and(eq(compareResult.jobId, jobId), eq(compareResult.task, task)),
    orderBy: asc(compareResult.part),
  });
  return rows.map(({ edges }) => edges);
};

/** Streams the results of a job's own tasks. @param tasks those below this number; left out: all */
export async function* readResults(db: Db, jobId: string, tasks?: number): AsyncGenerator<CompareResultRow> {
  for (let after = { task: -1, part: 0 }; ; ) {
    const rows = await db.query.compareResult.findMany({
      where: and(
        eq(compareResult.jobId, jobId),
        tasks === undefined ? undefined : lt(compareResult.task, tasks),
        sql`(${compareResult.task}, ${compareResult.part}) > (${after.task}, ${after.part})`,
      ),
      orderBy: [asc(compareResult.task), asc(compareResult.part)],
      limit: ROWS_PER_QUERY,
    });
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last;
  }
}

const ADVICE = "replay with apply restores it from the log; a job of mode full compares everything again.";

export const missingEdges = (jobId: string, what: string): MissingDataError =>
  missingData([`${what} of job ${jobId}`], ADVICE);

/** A job whose edges are grouped. */
interface ComparedJob {
  readonly id: string;
  readonly tasksDone: Uint8Array;
  /** Tasks below this number have found edges, the others candidates. */
  readonly edgeTasks: number;
  readonly verifyDone: Uint8Array;
}

/**
 * Streams the edges of the tasks that a job has done, task by task. What a task in quarantine may have stored is left out.
 * @throws MissingDataError where a result is not stored, or is not what its task has published
 */
async function* doneEdges(db: Db, { id, tasksDone, edgeTasks }: ComparedJob): AsyncGenerator<CompareResultRow> {
  const tasks = members(tasksDone, edgeTasks);
  let task: number | undefined = tasks.next().value ?? undefined;
  let parts: CompareResultRow[] = [];
  const endTask = (): void => {
    if (task === undefined) return;
    const fault = faultOfParts(parts);
    if (fault !== null) throw missingEdges(id, `${fault} of task ${task}`);
    task = tasks.next().value ?? undefined;
    parts = [];
  };
  for await (const row of readResults(db, id, edgeTasks)) {
    while (task !== undefined && task < row.task) endTask();
    if (row.task !== task) continue;
    if (partDigest(row.edges) !== row.digest) throw missingEdges(id, `the edges of part ${row.part} of task ${task}`);
    // Only what the check of the whole needs: the edges may be many.
    parts.push({ ...row, edges: NO_BYTES });
    yield row;
  }
  while (task !== undefined) endTask();
}

const NO_BYTES = new Uint8Array(0);

/** What is missing of a task's stored parts, by their numbers and the digest of the whole; null = nothing. */
export const faultOfParts = (
  parts: readonly Pick<CompareResultRow, "part" | "digest" | "resultDigest">[],
): string | null => {
  if (parts.length === 0) return "all edges";
  const lost = parts.findIndex(({ part }, index) => part !== index);
  if (lost >= 0) return `part ${lost}`;
  const whole = parts[0]?.resultDigest ?? null;
  return whole === null || resultDigest(parts.map(({ digest }) => digest)) === whole ? null : "a part of the edges";
};

/**
 * The finished jobs that a job builds on, the first one first, then the job itself.
 * @throws MissingDataError where one of them is not stored
 */
export const lineageOfJob = async (db: Db, jobId: string): Promise<ComparedJob[]> => {
  const { rows } = await db.execute<{ id: string }>(sql`
    with recursive chain as (
      select id, base_job, 0 as depth from job where id = ${jobId}
      union all
      select job.id, job.base_job, chain.depth + 1 from job join chain on job.id = chain.base_job
    ) select id from chain order by depth desc`);
  const ids = rows.map(({ id }) => id);
  const jobs = await db.query.job.findMany({ where: inArray(job.id, ids) });
  const lineage = ids.flatMap((id) => jobs.filter((row) => row.id === id));
  const [first] = lineage;
  if (first === undefined) throw missingData([`job ${jobId}`], "replay with apply restores it from the log.");
  if (first.baseJob !== null) throw missingData([`job ${first.baseJob}, on which job ${first.id} builds`], ADVICE);
  return lineage.map(comparedJob);
};

const comparedJob = (row: JobRow): ComparedJob => ({
  id: row.id,
  tasksDone: row.tasksDone,
  edgeTasks: edgeTaskCount(planOf(jobOf(row))),
  verifyDone: row.verifyDone,
});

/**
 * Streams the edges of a job's own tasks that are done.
 * @throws MissingDataError where some are not stored
 */
export const ownEdges = (db: Db, row: JobRow): AsyncIterable<Pick<CompareResultRow, "edges">> =>
  doneEdges(db, comparedJob(row));

/**
 * Streams the edges that a job is grouped by: those of the finished jobs that it builds on, then its own.
 * @throws MissingDataError where edges or a job are not stored
 */
export async function* streamResults(db: Db, jobId: string): AsyncGenerator<Pick<CompareResultRow, "edges">> {
  for (const job of await lineageOfJob(db, jobId)) yield* doneEdges(db, job);
}
