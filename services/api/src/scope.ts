import { type CatalogRow, getCatalog } from "@lookalike/shared/store/catalogs";
import type { GroupsOf } from "@lookalike/shared/store/groups";
import { getJob, type JobRow } from "@lookalike/shared/store/jobs";
import type { Db } from "@lookalike/shared/store/open";
import type { Access } from "./access.ts";
import { notFound } from "./problem.ts";

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
