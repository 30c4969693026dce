import { type SQL, sql } from "drizzle-orm";
import type { Sharers } from "../../domain/job/dispatch/fair-window.ts";
import { classOf, INTERACTIVE_IMAGES, type Job } from "../../domain/job/job.ts";
import { perKind, type WorkKind } from "../../domain/job/task.ts";
import type { Db } from "../open.ts";
import { onlyRow } from "../sql.ts";

/** The jobs that share the workers with this one: those of its class that run and have tasks of the kind left. */
export const readSharers = async (db: Db, job: Job): Promise<Readonly<Record<WorkKind, Sharers>>> => {
  const isInteractive = classOf(job, "hash") === "interactive";
  const countOthers = (hasTasksLeft: SQL): SQL => sql`json_build_object(
    'tenants', count(distinct tenant) filter (where ${hasTasksLeft} and tenant <> ${job.tenant}),
    'windows', coalesce(sum((options ->> 'batchSize')::int) filter (where ${hasTasksLeft} and tenant = ${job.tenant}), 0))`;
  const counted = await db.execute<Record<WorkKind, { tenants: number; windows: number }>>(sql`
    select ${countOthers(sql`completed_blocks < total_blocks`)} as hash, ${countOthers(sql`completed_tasks < total_tasks`)} as compare,
      ${countOthers(sql`completed_verify_tasks < total_verify_tasks`)} as verify
    from job where state = 'running' and not paused and id <> ${job.id}
      and (total_images <= ${INTERACTIVE_IMAGES}) = ${isInteractive}`);
  const others = onlyRow(counted);
  return perKind((kind) => ({
    tenants: others[kind].tenants + 1,
    tenantWindows: others[kind].windows + job.options.batchSize,
  }));
};
