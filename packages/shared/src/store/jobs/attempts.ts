import { and, eq, max } from "drizzle-orm";
import type { TaskKind } from "../../domain/job/task.ts";
import type { Db } from "../open.ts";
import { taskAttempt } from "../schema.ts";

/** The highest attempt of a task so far; the first attempt is 0 and leaves no row. */
export const lastAttempt = async (db: Db, jobId: string, kind: TaskKind, task: number): Promise<number> => {
  const rows = await db
    .select({ attempt: max(taskAttempt.attempt) })
    .from(taskAttempt)
    .where(and(eq(taskAttempt.jobId, jobId), eq(taskAttempt.kind, kind), eq(taskAttempt.task, task)));
  return rows[0]?.attempt ?? 0;
};

/** Records an attempt after the first. false = another coordinator has recorded it. */
export const insertAttempt = async (db: Db, row: typeof taskAttempt.$inferInsert): Promise<boolean> => {
  const rows = await db
    .insert(taskAttempt)
    .values(row)
    .onConflictDoNothing()
    .returning({ attempt: taskAttempt.attempt });
  return rows.length === 1;
};
