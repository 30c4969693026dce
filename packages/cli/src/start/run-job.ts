import type { Job } from "@lookalike/client";
import type { JobOptions } from "@lookalike/shared/domain/job/options";
import { type Source, sourceLabel } from "@lookalike/shared/domain/job/source";
import type { Client } from "../client.ts";
import { printStatus } from "../output.ts";
import { countLine } from "../progress.ts";
import { watchJob } from "../watch-job.ts";

/** Ends an unfinished job of the catalog first. Runs a job of its own unless that one had the same options. */
export const runJob = async (client: Client, source: Source, options: JobOptions): Promise<Job> => {
  const label = sourceLabel(source);
  // The block size is fixed for the life of a catalog: another size is another catalog.
  const name = options.blockSize === null ? label : `${label} (blocks of ${options.blockSize})`;
  const catalog = await client.openCatalog(name, source);
  const [latest] = await client.newestJobs(catalog);
  if (latest !== undefined && latest.phase !== "done") {
    printStatus("Going on with the job that was interrupted.");
    const resumed = await watchJob(client, latest, countLine);
    const { thresholdBits, grouping } = resumed.options;
    if (thresholdBits === options.thresholdBits && grouping === options.grouping) return resumed;
  }
  return watchJob(client, await client.startJob(catalog, options), countLine);
};
