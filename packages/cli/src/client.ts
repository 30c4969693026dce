import {
  type Client as Api,
  bodyOf,
  createClient as createApi,
  type FailedImage,
  type Group,
  itemsOf,
  type Job,
} from "@lookalike/client";
import type { JobOptions } from "@lookalike/shared/domain/job/options";
import type { Source } from "@lookalike/shared/domain/job/source";
import { EXIT, OperatorError } from "@lookalike/shared/runtime/errors";

export type { Job };

const REQUEST_MS = 30_000;
const PAGE = 1_000;

interface GroupFilter {
  readonly kind?: Group["kind"];
  readonly decided?: "true" | "false";
  readonly order?: "number" | "reclaimable";
}

/** Requests to a running Lookalike. @throws ApiProblem in the API's words where it refuses one */
export interface Client {
  /** The API itself, for requests that have no method here. */
  readonly api: Api;
  /** The catalog of this name, created when there is none. */
  openCatalog(name: string, source: Source): Promise<string>;
  /** The catalog of a name or an id. @throws OperatorError where there is none */
  findCatalog(nameOrId: string): Promise<string>;
  /** The newest finished job of a catalog. @throws OperatorError where there is none */
  newestResult(catalog: string): Promise<string>;
  startJob(catalog: string, options: Partial<JobOptions> & { readonly mode?: Job["mode"] }): Promise<Job>;
  readJob(id: string): Promise<Job>;
  latestJob(catalog: string): Promise<Job | null>;
  /** @param pageSize groups a request */
  groups(job: string, filter?: GroupFilter, pageSize?: number): AsyncGenerator<Group>;
  failures(job: string): AsyncGenerator<FailedImage>;
}

/** @param address the API's, read for each request: another one after a crash where its port is free to choose */
export const createClient = (address: () => string, key: string): Client => {
  const api = () => createApi(address(), key);
  const signal = () => AbortSignal.timeout(REQUEST_MS);
  const catalogOf = async (name: string): Promise<string | undefined> =>
    bodyOf(await api().GET("/v1/catalogs", { signal: signal(), params: { query: { name } } })).items[0]?.id;
  return {
    get api() {
      return api();
    },
    openCatalog: async (name, source) =>
      (await catalogOf(name)) ??
      bodyOf(await api().POST("/v1/catalogs", { signal: signal(), body: { name, source } })).id,
    async findCatalog(nameOrId) {
      const named = await catalogOf(nameOrId);
      if (named !== undefined) return named;
      const path = { catalog: nameOrId };
      const { data } = await api().GET("/v1/catalogs/{catalog}", { signal: signal(), params: { path } });
      if (data !== undefined) return data.id;
      throw new OperatorError(`There is no catalog ${nameOrId}. lookalike scan FOLDER creates one.`, EXIT.error);
    },
    async newestResult(catalog) {
      const path = { catalog };
      const { job } = bodyOf(
        await api().GET("/v1/catalogs/{catalog}/statistics", { signal: signal(), params: { path } }),
      );
      if (job !== null) return job;
      throw new OperatorError("This catalog has no finished job yet. lookalike scan starts one.", EXIT.error);
    },
    startJob: async (catalog, body) =>
      bodyOf(
        await api().POST("/v1/catalogs/{catalog}/jobs", { signal: signal(), params: { path: { catalog } }, body }),
      ),
    readJob: async (job) => bodyOf(await api().GET("/v1/jobs/{job}", { signal: signal(), params: { path: { job } } })),
    async latestJob(catalog) {
      const path = { catalog };
      const { items } = bodyOf(await api().GET("/v1/catalogs/{catalog}/jobs", { signal: signal(), params: { path } }));
      return items[0] ?? null;
    },
    groups: (job, filter = {}, pageSize = PAGE) =>
      itemsOf(async (cursor) => {
        const params = { path: { job }, query: { ...filter, ...pageOf(cursor, pageSize) } };
        return bodyOf(await api().GET("/v1/jobs/{job}/groups", { signal: signal(), params }));
      }),
    failures: (job) =>
      itemsOf(async (cursor) => {
        const params = { path: { job }, query: pageOf(cursor) };
        return bodyOf(await api().GET("/v1/jobs/{job}/failures", { signal: signal(), params }));
      }),
  };
};

/** The query of one page of a list. */
export const pageOf = (cursor: string | undefined, limit = PAGE): { limit: number; cursor?: string } =>
  cursor === undefined ? { limit } : { limit, cursor };
