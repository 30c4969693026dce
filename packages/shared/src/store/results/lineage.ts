import { type SQL, sql } from "drizzle-orm";
import { imageGroup } from "../schema.ts";

/** Names a result: the run of a job. */
export interface Result {
  readonly jobId: string;
  readonly run: number;
}

const columnOf = (column: "lineage" | "step", { jobId, run }: Result): SQL<number> =>
  sql`(select ${sql.raw(column)} from finalization where job_id = ${jobId} and run = ${run})`;

/** The lineage of a result: all results that share groups with it have the same one. */
export const lineageOf = (result: Result): SQL<number> => columnOf("lineage", result);

/** The step of its lineage that a result is. */
export const stepOf = (result: Result): SQL<number> => columnOf("step", result);

/** The condition that a result has a group: each group is stored once, for all the steps that have it. */
export const hasGroup = (result: Result): SQL =>
  sql`${imageGroup.lineage} = ${lineageOf(result)} and ${imageGroup.fromStep} <= ${stepOf(result)}
    and (${imageGroup.toStep} is null or ${imageGroup.toStep} > ${stepOf(result)})`;
