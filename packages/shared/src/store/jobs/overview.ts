import { asc, count, desc, eq, inArray, isNull, sql } from "drizzle-orm";
import { ACTIVE, type JobState } from "../../domain/job/job.ts";
import type { Db } from "../open.ts";
import { job, outbox, taskAttempt } from "../schema.ts";
import type { JobRow } from "./jobs.ts";

/** Jobs of all tenants, newest first. @param states null = in any state */
export const listAllJobs = (db: Db, states: readonly JobState[] | null, limit: number): Promise<JobRow[]> =>
  db
    .select()
    .from(job)
    .where(states === null ? undefined : inArray(job.state, [...states]))
    .orderBy(desc(job.acceptedAt), desc(job.id))
    .limit(limit);

export const countJobs = (db: Db): Promise<{ state: JobState; paused: boolean; jobs: number }[]> =>
  db.select({ state: job.state, paused: job.paused, jobs: count() }).from(job).groupBy(job.state, job.paused);

/** Messages that wait to be published, and how long the oldest has waited; 0 without any. */
export const outboxBacklog = async (db: Db): Promise<{ messages: number; ageSeconds: number }> => {
  const rows = await db
    .select({
      messages: count(),
      ageSeconds: sql<number>`coalesce(extract(epoch from now() - min(${outbox.createdAt})), 0)::float8`,
    })
    .from(outbox)
    .where(isNull(outbox.publishedAt));
  return onlyRow(rows);
};

/** Seconds since anything happened to the active job that has been silent longest; paused jobs may be silent. */
export const longestSilence = async (db: Db): Promise<number> => {
  const rows = await db
    .select({ seconds: sql<number>`coalesce(extract(epoch from now() - min(${job.updatedAt})), 0)::float8` })
    .from(job)
    .where(sql`${inArray(job.state, [...ACTIVE])} and not ${job.paused}`);
  return onlyRow(rows).seconds;
};

/** The row of a query that always returns one. */
const onlyRow = <Row>([row]: readonly Row[]): Row => {
  if (row === undefined) throw new Error("an aggregate returned no row");
  return row;
};

/** Attempts of a job's tasks after their first, with the reasons, newest first. */
export const listAttempts = (db: Db, jobId: string, limit: number): Promise<(typeof taskAttempt.$inferSelect)[]> =>
  db
    .select()
    .from(taskAttempt)
    .where(eq(taskAttempt.jobId, jobId))
    .orderBy(desc(taskAttempt.at), asc(taskAttempt.task))
    .limit(limit);
