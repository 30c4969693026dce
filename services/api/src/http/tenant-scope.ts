import { type CatalogRow, getCatalog } from "@lookalike/shared/store/catalog/catalogs";
import { getJob, type JobRow } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import type { GroupsOf } from "@lookalike/shared/store/results/groups";
import type { Access } from "../plugins/access.ts";
import { notFound } from "./problems.ts";

/** Finds a catalog of the tenant. @throws HttpProblem 404 for any other's, as for none */
export const catalogReader =
  (db: Db) =>
  async ({ tenant }: Access, id: string): Promise<CatalogRow> => {
    const row = await getCatalog(db, tenant, id);
    if (row === null) throw notFound("catalog", id);
    return row;
  };

/** Finds a job of the tenant. @throws HttpProblem 404 for any other's, as for none */
export const jobReader =
  (db: Db) =>
  async ({ tenant }: Access, id: string): Promise<JobRow> => {
    const row = await getJob(db, tenant, id);
    if (row === null) throw notFound("job", id);
    return row;
  };

/** Where a job's groups are. */
export const groupsOf = ({ id, run, catalogId, blockSize }: JobRow): GroupsOf => ({
  jobId: id,
  run,
  catalogId,
  blockSize: blockSize ?? 1,
});
