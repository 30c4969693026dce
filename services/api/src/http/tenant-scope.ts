import { type CatalogRow, getCatalog } from "@lookalike/shared/store/catalog/catalogs";
import { getJob, type JobRow } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import type { GroupsOf } from "@lookalike/shared/store/results/groups";
import { z } from "zod";
import type { Access } from "../plugins/access.ts";
import { notFound } from "./problems.ts";

export const CatalogParams = z.object({ catalog: z.string() });
export const JobParams = z.object({ job: z.string() });

/** Reads a catalog of the tenant. @throws HttpProblem 404 for another tenant's catalog too */
export const catalogReader =
  (db: Db) =>
  async ({ tenant }: Access, id: string): Promise<CatalogRow> => {
    const row = await getCatalog(db, tenant, id);
    if (row === null) throw notFound("catalog", id);
    return row;
  };

/** Reads a job of the tenant. @throws HttpProblem 404 for another tenant's job too */
export const jobReader =
  (db: Db) =>
  async ({ tenant }: Access, id: string): Promise<JobRow> => {
    const row = await getJob(db, tenant, id);
    if (row === null) throw notFound("job", id);
    return row;
  };

/** The result of a job's current run, by which the store finds its groups. */
export const groupsOf = ({ id, run, catalogId, blockSize }: JobRow): GroupsOf => ({
  jobId: id,
  run,
  catalogId,
  blockSize,
});
