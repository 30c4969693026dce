import { EndpointError } from "@lookalike/shared/bus/endpoints";
import type { JobRow } from "@lookalike/shared/store/jobs/jobs";
import { z } from "zod";

export const JobRequest = z.object({ job: z.string().meta({ description: "Id of the job" }) });

/** The job of a request. @throws EndpointError 404 */
export const requested = (row: JobRow | null, id: string): JobRow => {
  if (row !== null) return row;
  throw new EndpointError(
    404,
    `${id}: no such job. The endpoint jobs lists them; replay can bring one back from the log.`,
  );
};
