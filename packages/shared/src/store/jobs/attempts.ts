import { and, asc, desc, eq, sql } from "drizzle-orm";
import type { TaskRef } from "../../domain/job/job.ts";
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

/** The highest attempt so far of each of a job's tasks. */
export const lastAttempts = async (db: Db, jobId: string): Promise<(task: TaskRef) => number> => {
  const { rows } = await db.execute<TaskRef & { attempt: number }>(sql`
    select kind, task, max(attempt) as attempt from task_attempt where job_id = ${jobId} group by kind, task`);
  const attempts = new Map(rows.map(({ kind, task, attempt }) => [`${kind} ${task}`, attempt]));
  return ({ kind, task }) => attempts.get(`${kind} ${task}`) ?? 0;
};

/** How many attempts at a task failed: not those whose messages were lost. */
export const failedAttempts = (db: Db, jobId: string, kind: TaskKind, task: number): Promise<number> =>
  db.$count(
    taskAttempt,
    and(
      eq(taskAttempt.jobId, jobId),
      eq(taskAttempt.kind, kind),
      eq(taskAttempt.task, task),
      eq(taskAttempt.failed, true),
    ),
  );

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
