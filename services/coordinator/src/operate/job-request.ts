import { EndpointError } from "@lookalike/shared/bus/endpoints";
import { findJob, type JobRow, lockJob } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import { z } from "zod";

export const JobRequest = z.object({ job: z.string().meta({ description: "Id of the job" }) });

const known = (row: JobRow | null, id: string): JobRow => {
  if (row === null)
    throw new EndpointError(
      404,
      `${id}: no such job. The endpoint jobs lists them; replay can bring one back from the log.`,
    );
  return row;
};

/** @throws EndpointError 404 */
export const readJob = async (db: Db, id: string): Promise<JobRow> => known(await findJob(db, id), id);

/** Under a row lock: for what decides. @throws EndpointError 404 */
export const lockJobOrThrow = async (db: Db, id: string): Promise<JobRow> => known(await lockJob(db, id), id);
