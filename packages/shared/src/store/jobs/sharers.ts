import { sql } from "drizzle-orm";
import type { Sharers } from "../../domain/job/dispatch/fair-window.ts";
import { classOf, INTERACTIVE_IMAGES, type Job } from "../../domain/job/job.ts";
import type { WorkKind } from "../../domain/job/task.ts";
import type { Db } from "../open.ts";
import { onlyRow } from "../sql.ts";

/** The jobs that share the workers with this one: those of its class that run and have tasks of the kind left. */
export const readSharers = async (db: Db, job: Job): Promise<Readonly<Record<WorkKind, Sharers>>> => {
  const isInteractive = classOf(job, "hash") === "interactive";
  const counted = await db.execute<Record<"hash" | "compare", { tenants: number; windows: number }>>(sql`
    with other as (
      select tenant, (options ->> 'batchSize')::int as batch_size,
        completed_blocks < total_blocks as hashes, completed_tasks < total_tasks as compares
      from job where state = 'running' and not paused and id <> ${job.id}
        and (total_images <= ${INTERACTIVE_IMAGES}) = ${isInteractive})
    select
      (select json_build_object('tenants', count(distinct tenant) filter (where tenant <> ${job.tenant}),
        'windows', coalesce(sum(batch_size) filter (where tenant = ${job.tenant}), 0)) from other where hashes) as hash,
      (select json_build_object('tenants', count(distinct tenant) filter (where tenant <> ${job.tenant}),
        'windows', coalesce(sum(batch_size) filter (where tenant = ${job.tenant}), 0)) from other where compares) as compare`);
  const { hash, compare } = onlyRow(counted);
  const withJob = ({ tenants, windows }: typeof hash): Sharers => ({
    tenants: tenants + 1,
    tenantWindows: windows + job.options.batchSize,
  });
  return { hash: withJob(hash), compare: withJob(compare) };
};
