import { asc, desc, eq, sql } from "drizzle-orm";
import type { TaskKind } from "../../domain/job/task.ts";
import type { Db } from "../open.ts";
import { taskAttempt } from "../schema.ts";
import { onlyRow } from "../sql.ts";

/** The highest attempt of a task so far; the first attempt is 0 and leaves no row. */
export const lastAttempt = async (db: Db, jobId: string, kind: TaskKind, task: number): Promise<number> => {
  const highest = await db.execute<{ attempt: number }>(sql`
    select coalesce(max(attempt), 0) as attempt from task_attempt
    where job_id = ${jobId} and kind = ${kind} and task = ${task}`);
  return onlyRow(highest).attempt;
};

/** Records an attempt after the first. false = another coordinator has recorded it. */
export const insertAttempt = async (db: Db, row: typeof taskAttempt.$inferInsert): Promise<boolean> => {
  const { rowCount } = await db.insert(taskAttempt).values(row).onConflictDoNothing();
  return rowCount === 1;
};

/** Attempts of a job's tasks after their first, with the reasons, newest first. */
export const listAttempts = (db: Db, jobId: string, limit: number): Promise<(typeof taskAttempt.$inferSelect)[]> =>
  db.query.taskAttempt.findMany({
    where: eq(taskAttempt.jobId, jobId),
    orderBy: [desc(taskAttempt.at), asc(taskAttempt.task)],
    limit,
  });
