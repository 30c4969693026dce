import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { Db } from "./open.ts";
import { compareResult } from "./schema.ts";

export type CompareResultRow = typeof compareResult.$inferSelect;

/** Stores a task's edges once: the first result stays, a second one is the same anyway. */
export const insertCompareResult = async (db: Db, row: CompareResultRow): Promise<void> => {
  await db.insert(compareResult).values(row).onConflictDoNothing();
};

export const getResultDigest = async (db: Db, jobId: string, task: number): Promise<string | null> => {
  const rows = await db
    .select({ digest: compareResult.digest })
    .from(compareResult)
    .where(and(eq(compareResult.jobId, jobId), eq(compareResult.task, task)));
  return rows[0]?.digest ?? null;
};

/**
 * The edges a job may group by: its own, and those of the finished jobs it builds on, task by task.
 */
export async function* streamResults(
  db: Db,
  jobId: string,
  atOnce = 256,
): AsyncGenerator<Pick<CompareResultRow, "jobId" | "task" | "edges">> {
  const { rows: chain } = await db.execute<{ id: string }>(sql`
    with recursive chain as (
      select id, base_job, 0 as depth from job where id = ${jobId}
      union all
      select job.id, job.base_job, chain.depth + 1 from job join chain on job.id = chain.base_job
    ) select id from chain order by depth desc`);
  for (const { id } of chain) {
    for (let after = -1; ; ) {
      const rows = await db
        .select({ jobId: compareResult.jobId, task: compareResult.task, edges: compareResult.edges })
        .from(compareResult)
        .where(and(eq(compareResult.jobId, id), gt(compareResult.task, after), gt(compareResult.edgeCount, 0)))
        .orderBy(asc(compareResult.task))
        .limit(atOnce);
      yield* rows;
      const last = rows.at(-1);
      if (last === undefined) break;
      after = last.task;
    }
  }
}
