import { and, asc, eq, sql } from "drizzle-orm";
import { resultDigest } from "../../domain/job/digest.ts";
import type { Db } from "../open.ts";
import { compareResult } from "../schema.ts";

const ROWS_PER_QUERY = 64;

export type CompareResultRow = typeof compareResult.$inferSelect;

/** Stores a part of a task's edges once: a second one would have the same edges. */
export const insertCompareResult = async (db: Db, row: CompareResultRow): Promise<void> => {
  await db.insert(compareResult).values(row).onConflictDoNothing();
};

/** The digest of all parts that are stored for a task. */
export const storedResultDigest = async (db: Db, jobId: string, task: number): Promise<string> => {
  const { rows } = await db.execute<{ digest: string }>(sql`
    select digest from compare_result where job_id = ${jobId} and task = ${task} order by part`);
  return resultDigest(rows.map(({ digest }) => digest));
};

/** Streams the results of a job's own tasks. */
export async function* readResults(db: Db, jobId: string): AsyncGenerator<CompareResultRow> {
  for (let after = { task: -1, part: 0 }; ; ) {
    const rows = await db.query.compareResult.findMany({
      where: and(
        eq(compareResult.jobId, jobId),
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

/** Streams the edges that a job is grouped by: those of the finished jobs that it builds on, then its own. */
export async function* streamResults(db: Db, jobId: string): AsyncGenerator<Pick<CompareResultRow, "edges">> {
  const { rows: chain } = await db.execute<{ id: string }>(sql`
    with recursive chain as (
      select id, base_job, 0 as depth from job where id = ${jobId}
      union all
      select job.id, job.base_job, chain.depth + 1 from job join chain on job.id = chain.base_job
    ) select id from chain order by depth desc`);
  for (const { id } of chain) yield* readResults(db, id);
}
