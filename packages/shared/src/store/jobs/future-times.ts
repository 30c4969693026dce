import { and, isNull, sql } from "drizzle-orm";
import type { Db } from "../open.ts";
import { job, outbox } from "../schema.ts";
import { IS_ACTIVE } from "./jobs.ts";

/**
 * Sets times to now that are in the future, because the server's clock was set back, or because a standby with another
 * clock was promoted. Until they were past, no job would count as silent, and nothing that was lost would be found.
 */
export const correctFutureTimes = async (db: Db): Promise<void> => {
  await db
    .update(job)
    .set({ updatedAt: sql`now()` })
    .where(and(IS_ACTIVE, sql`${job.updatedAt} > now()`));
  await db
    .update(outbox)
    .set({ publishedAt: sql`now()` })
    .where(
      and(isNull(outbox.appliedAt), sql`${outbox.stream} = 'LOOKALIKE_EVENTS'`, sql`${outbox.publishedAt} > now()`),
    );
};
