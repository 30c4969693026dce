import {
  type Client as Api,
  ApiProblem,
  bodyOf,
  createClient as createApi,
  type DamagedImage,
  type FailedImage,
  type Group,
  itemsOf,
  type Job,
} from "@lookalike/client";
import type { JobOptions } from "@lookalike/shared/domain/job/options";
import { type Source, sourceLabel } from "@lookalike/shared/domain/job/source";
import { EXIT, OperatorError } from "@lookalike/shared/runtime/errors";
import { printStatus } from "./output.ts";

export type { Job };

const REQUEST_MS = 30_000;
const CATALOG_MOVED = "urn:lookalike:problem:catalog-moved";

interface GroupFilter {
  readonly kind?: Group["kind"];
  readonly decided?: "true" | "false";
  readonly order?: "number" | "reclaimable";
}

/** Which files a source lists; what is left out stays as the catalog has it. */
export interface Globs {
  readonly include?: string[];
  readonly exclude?: string[];
}

/** Requests to a running Lookalike, which throw an ApiProblem in the API's words where it refuses one. */
export type Client = ReturnType<typeof createClient>;

/**
 * @param address the API's, read for each request: another one after a crash where its port is free to choose
 * @param send sends the requests of this module; left out: each once, for half a minute
 */
export const createClient = (address: () => string, key: string, send?: (request: Request) => Promise<Response>) => {
  const api = () =>
    send === undefined
      ? createApi(address(), key, AbortSignal.timeout(REQUEST_MS))
      : createApi(address(), key, null, send);
  const catalogOf = async (name: string): Promise<string | undefined> =>
    bodyOf(await api().GET("/v1/catalogs", { params: { query: { name } } })).items[0]?.id;
  return {
    /** The API itself, for requests that have no method here, and may take any time. */
    get api(): Api {
      return createApi(address(), key);
    },

    /** The catalog of this name, created when there is none. @param globs what it lists from now on */
    async openCatalog(name: string, source: Source, globs: Globs = {}): Promise<string> {
      const known = await catalogOf(name);
      if (known === undefined)
        try {
          return bodyOf(await api().POST("/v1/catalogs", { body: { name, source: { ...source, ...globs } } })).id;
        } catch (error) {
          const moved = error instanceof ApiProblem && error.type === CATALOG_MOVED ? error.instance : undefined;
          if (moved === undefined || source.kind !== "directory") throw error;
          const { id } = await this.moveCatalog(moved.split("/").at(-1) ?? "", source.root);
          await this.changeGlobs(id, globs);
          return id;
        }
      await this.changeGlobs(known, globs);
      return known;
    },

    /** Follows a folder to its new place: its pictures keep their decisions. A catalog that has the folder's name is renamed with it. */
    async moveCatalog(catalog: string, root: string) {
      const params = { path: { catalog } };
      const { name, source } = bodyOf(await api().GET("/v1/catalogs/{catalog}", { params }));
      const from = sourceLabel(source);
      printStatus(`${root} is the catalog that was at ${from}: it goes on there, with its decisions.`);
      const body = { root, ...(name === from ? { name: root } : {}) };
      return bodyOf(await api().PATCH("/v1/catalogs/{catalog}", { params, body }));
    },

    /** Changes what the catalog's next job lists. */
    async changeGlobs(catalog: string, globs: Globs): Promise<void> {
      if (globs.include === undefined && globs.exclude === undefined) return;
      bodyOf(await api().PATCH("/v1/catalogs/{catalog}", { params: { path: { catalog } }, body: globs }));
    },

    /** The catalog of a name or an id. @throws OperatorError where there is none */
    async findCatalog(nameOrId: string): Promise<string> {
      const named = await catalogOf(nameOrId);
      if (named !== undefined) return named;
      const { data } = await api().GET("/v1/catalogs/{catalog}", { params: { path: { catalog: nameOrId } } });
      if (data !== undefined) return data.id;
      throw new OperatorError(`There is no catalog ${nameOrId}. lookalike scan FOLDER creates one.`, EXIT.error);
    },

    statistics: async (catalog: string) =>
      bodyOf(await api().GET("/v1/catalogs/{catalog}/statistics", { params: { path: { catalog } } })),

    /** The newest finished job of a catalog. @throws OperatorError where there is none */
    async newestResult(catalog: string): Promise<string> {
      const { job } = await this.statistics(catalog);
      if (job !== null) return job;
      throw new OperatorError("This catalog has no finished job yet. lookalike scan starts one.", EXIT.error);
    },

    startJob: async (
      catalog: string,
      { grouping, ...options }: Partial<JobOptions> & { readonly mode?: Job["mode"] },
    ): Promise<Job> => {
      const body = { ...options, ...(grouping === undefined ? {} : { grouping }) };
      return bodyOf(await api().POST("/v1/catalogs/{catalog}/jobs", { params: { path: { catalog } }, body }));
    },

    readJob: async (job: string): Promise<Job> =>
      bodyOf(await api().GET("/v1/jobs/{job}", { params: { path: { job } } })),

    /** The jobs of a catalog, newest first. */
    newestJobs: async (catalog: string): Promise<Job[]> =>
      bodyOf(await api().GET("/v1/catalogs/{catalog}/jobs", { params: { path: { catalog } } })).items,

    /** @param pageSize groups a request */
    groups: (job: string, filter: GroupFilter = {}, pageSize?: number): AsyncGenerator<Group> =>
      itemsOf(
        (page) => api().GET("/v1/jobs/{job}/groups", { params: { path: { job }, query: { ...filter, ...page } } }),
        pageSize,
      ),

    damaged: (job: string): AsyncGenerator<DamagedImage> =>
      itemsOf((query) => api().GET("/v1/jobs/{job}/damaged", { params: { path: { job }, query } })),

    failures: (job: string): AsyncGenerator<FailedImage> =>
      itemsOf((query) => api().GET("/v1/jobs/{job}/failures", { params: { path: { job }, query } })),
  };
};
