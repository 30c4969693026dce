import { setTimeout as sleep } from "node:timers/promises";
import { bodyOf, type Job } from "@lookalike/client";
import { type Connection, UsageError } from "./connection.ts";
import { createProgress } from "./output.ts";

const POLL_MS = 500;

/** The catalog of a name or an id. @throws UsageError where there is none */
export const findCatalog = async ({ api }: Connection, name: string): Promise<string> => {
  const named = bodyOf(await api.GET("/v1/catalogs", { params: { query: { name } } })).items[0];
  if (named !== undefined) return named.id;
  const { data } = await api.GET("/v1/catalogs/{catalog}", { params: { path: { catalog: name } } });
  if (data === undefined) throw new UsageError(`There is no catalog ${name}. lookalike scan FOLDER makes one.`);
  return data.id;
};

/** The newest finished job of a catalog. @throws UsageError where there is none */
export const newestResult = async (connection: Connection, catalog: string): Promise<string> => {
  const { job } = bodyOf(
    await connection.api.GET("/v1/catalogs/{catalog}/statistics", { params: { path: { catalog } } }),
  );
  if (job === null) throw new UsageError("This catalog has no finished job yet. lookalike scan starts one.");
  return job;
};

const readJob = async ({ api }: Connection, job: string): Promise<Job> =>
  bodyOf(await api.GET("/v1/jobs/{job}", { params: { path: { job } } }));

/** Shows a job's progress until it is over. */
export const watchJob = async (connection: Connection, id: string): Promise<Job> => {
  const progress = createProgress();
  try {
    for (;;) {
      const job = await readJob(connection, id);
      if (job.phase === "done") return job;
      progress.show(job);
      await sleep(POLL_MS);
    }
  } finally {
    progress.end();
  }
};
