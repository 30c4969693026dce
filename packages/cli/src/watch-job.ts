import { setTimeout as sleep } from "node:timers/promises";
import { ApiProblem, type Job } from "@lookalike/client";
import type { Client } from "./client.ts";
import { createProgress, type ProgressLine } from "./progress.ts";

const POLL_MS = 250;
/** The API is given this long to start again after a crash. */
const MAX_SILENCE_MS = 60_000;

/**
 * Shows a job's progress until it is over.
 * @param line what a pipe shows of it
 * @throws ApiProblem, or the last connection error after a minute without an answer
 */
export const watchJob = async (client: Client, started: Job, line: ProgressLine): Promise<Job> => {
  const progress = createProgress(line);
  let job = started;
  try {
    for (let answeredAt = Date.now(); job.phase !== "done"; ) {
      progress.show(job);
      await sleep(POLL_MS);
      try {
        job = await client.readJob(job.id);
        answeredAt = Date.now();
      } catch (error) {
        if (error instanceof ApiProblem || Date.now() - answeredAt > MAX_SILENCE_MS) throw error;
      }
    }
    return job;
  } finally {
    progress.end();
  }
};
