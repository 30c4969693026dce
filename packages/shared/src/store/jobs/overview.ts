import { asc, count, desc, eq, inArray, sql } from "drizzle-orm";
import type { JobState } from "../../domain/job/job.ts";
import type { Db } from "../open.ts";
import { job, taskAttempt } from "../schema.ts";
import { onlyRow } from "../sql.ts";
import { IS_ACTIVE, type JobRow, NEWEST_FIRST } from "./jobs.ts";

/** Jobs of all tenants, newest first. @param states null = in any state */
export const listAllJobs = (db: Db, states: readonly JobState[] | null, limit: number): Promise<JobRow[]> =>
  db.query.job.findMany({
    where: states === null ? undefined : inArray(job.state, [...states]),
    orderBy: NEWEST_FIRST,
    limit,
  });

export const countJobs = (db: Db): Promise<{ state: JobState; paused: boolean; jobs: number }[]> =>
  db.select({ state: job.state, paused: job.paused, jobs: count() }).from(job).groupBy(job.state, job.paused);

/** Messages that wait to be published, and how long the oldest has waited; 0 without any. */
export const outboxBacklog = async (db: Db): Promise<{ messages: number; ageSeconds: number }> => {
  const waiting = await db.execute<{ messages: number; ageSeconds: number }>(sql`
    select count(*)::int as messages, coalesce(extract(epoch from now() - min(created_at)), 0)::float8 as "ageSeconds"
    from outbox where published_at is null`);
  return onlyRow(waiting);
};

/** Seconds since anything happened to the active job that has been silent longest; paused jobs may be silent. */
export const longestSilence = async (db: Db): Promise<number> => {
  const longest = await db.execute<{ seconds: number }>(sql`
    select coalesce(extract(epoch from now() - min(updated_at)), 0)::float8 as seconds
    from job where ${IS_ACTIVE} and not paused`);
  return onlyRow(longest).seconds;
};

/** Attempts of a job's tasks after their first, with the reasons, newest first. */
export const listAttempts = (db: Db, jobId: string, limit: number): Promise<(typeof taskAttempt.$inferSelect)[]> =>
  db.query.taskAttempt.findMany({
    where: eq(taskAttempt.jobId, jobId),
    orderBy: [desc(taskAttempt.at), asc(taskAttempt.task)],
    limit,
  });
