import { type CatalogRow, getCatalog } from "@lookalike/shared/store/catalog/catalogs";
import { getJob, type JobRow } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import type { GroupsOf } from "@lookalike/shared/store/results/groups";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { found } from "../http/problems.ts";
import type { Access } from "./access.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The tenant's catalog that the path names as `:catalog`. */
    catalog: CatalogRow;
    /** The tenant's job that the path names as `:job`. */
    job: JobRow;
  }
}

/** Reads a catalog of the tenant. @throws HttpProblem 404 for another tenant's catalog too */
export const readCatalog = async (db: Db, { tenant }: Access, id: string): Promise<CatalogRow> =>
  found(await getCatalog(db, tenant, id), "catalog", id);

/** Reads a job of the tenant. @throws HttpProblem 404 for another tenant's job too */
export const readJob = async (db: Db, { tenant }: Access, id: string): Promise<JobRow> =>
  found(await getJob(db, tenant, id), "job", id);

/** Gives a route the catalog or job that its path names, so that it can use no other tenant's. */
export const loadNamedByPath = (app: FastifyInstance): void => {
  app.decorateRequest("catalog", null as unknown as CatalogRow);
  app.decorateRequest("job", null as unknown as JobRow);
  const load = async (request: FastifyRequest): Promise<void> => {
    const { catalog, job } = request.params as { readonly catalog?: string; readonly job?: string };
    if (catalog !== undefined) request.catalog = await readCatalog(request.db, request.access, catalog);
    if (job !== undefined) request.job = await readJob(request.db, request.access, job);
  };
  // A route's own hooks run after the application's, and the rate limit is one: only counted requests get this far.
  app.addHook("onRoute", (route) => {
    const [, name] = /:(catalog|job)\b/.exec(route.url) ?? [];
    if (name === undefined || route.schema === undefined) return;
    route.preHandler = [route.preHandler ?? [], load].flat();
    route.schema.params ??= z.object({ [name]: z.string() });
  });
};

/** The result of a job's current run, by which the store finds its groups. */
export const groupsOf = ({ id: jobId, tenant, run, catalogId, blockSize }: JobRow): GroupsOf => ({
  tenant,
  jobId,
  run,
  catalogId,
  blockSize,
});
