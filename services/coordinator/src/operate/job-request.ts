import { EndpointError } from "@lookalike/shared/bus/endpoints";
import { findJob, type JobRow, lockJob } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import { z } from "zod";

export const JobRequest = z.object({ job: z.string().meta({ description: "Id of the job" }) });

const orThrow = (row: JobRow | null, id: string): JobRow => {
  if (row !== null) return row;
  throw new EndpointError(
    404,
    `${id}: no such job. The endpoint jobs lists them; replay can bring one back from the log.`,
  );
};

/** @throws EndpointError 404 */
export const readJob = async (db: Db, id: string): Promise<JobRow> => orThrow(await findJob(db, id), id);

/** Locks the row, for handlers that decide. @throws EndpointError 404 */
export const lockJobOrThrow = async (db: Db, id: string): Promise<JobRow> => orThrow(await lockJob(db, id), id);
