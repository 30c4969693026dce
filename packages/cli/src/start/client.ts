import {
  ApiProblem,
  bodyOf,
  createClient as createApiClient,
  type FailedImage,
  type Group,
  itemsOf,
  type Job,
} from "@lookalike/client";
import type { JobOptions } from "@lookalike/shared/domain/job/options";
import type { Source } from "@lookalike/shared/domain/job/source";
import { EXIT, OperatorError } from "@lookalike/shared/runtime/errors";

export type { FailedImage, Group, Job };

const REQUEST_MS = 30_000;
const PAGE = 1_000;

/** What the quick start asks of the API. @throws OperatorError in the API's words where it says no */
export interface Client {
  /** The catalog of this name, made when there is none. */
  openCatalog(name: string, source: Source): Promise<string>;
  startJob(catalog: string, options: Partial<JobOptions>): Promise<Job>;
  readJob(id: string): Promise<Job>;
  latestJob(catalog: string): Promise<Job | null>;
  groups(job: string): AsyncGenerator<Group>;
  failures(job: string): AsyncGenerator<FailedImage>;
}

/** @param address of the API, asked for each time: it changes when the API starts again */
export const createClient = (address: () => string, key: string): Client => {
  const api = () => createApiClient(address());
  const options = () => ({
    headers: { authorization: `Bearer ${key}` },
    signal: AbortSignal.timeout(REQUEST_MS),
  });
  const demand = <Data>(answer: Parameters<typeof bodyOf<Data>>[0]): Data => {
    try {
      return bodyOf(answer);
    } catch (error) {
      throw error instanceof ApiProblem ? new OperatorError(error.message, EXIT.error) : error;
    }
  };
  const query = (cursor: string | undefined) => ({ limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
  return {
    async openCatalog(name, source) {
      const known = demand(await api().GET("/v1/catalogs", { ...options(), params: { query: { name } } }));
      return (known.items[0] ?? demand(await api().POST("/v1/catalogs", { ...options(), body: { name, source } }))).id;
    },
    startJob: async (catalog, body) =>
      demand(await api().POST("/v1/catalogs/{catalog}/jobs", { ...options(), params: { path: { catalog } }, body })),
    readJob: async (job) => demand(await api().GET("/v1/jobs/{job}", { ...options(), params: { path: { job } } })),
    latestJob: async (catalog) =>
      demand(await api().GET("/v1/catalogs/{catalog}/jobs", { ...options(), params: { path: { catalog } } }))
        .items[0] ?? null,
    groups: (job) =>
      itemsOf(async (cursor) =>
        demand(
          await api().GET("/v1/jobs/{job}/groups", { ...options(), params: { path: { job }, query: query(cursor) } }),
        ),
      ),
    failures: (job) =>
      itemsOf(async (cursor) =>
        demand(
          await api().GET("/v1/jobs/{job}/failures", { ...options(), params: { path: { job }, query: query(cursor) } }),
        ),
      ),
  };
};
