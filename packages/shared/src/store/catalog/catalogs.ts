import { randomUUID } from "node:crypto";
import { and, asc, eq, gt, isNull, sql } from "drizzle-orm";
import type { ListingMark } from "../../domain/image/listing.ts";
import type { Mount } from "../../domain/image/missing-images.ts";
import { directorySource, type Source } from "../../domain/job/source.ts";
import type { Db } from "../open.ts";
import { catalog } from "../schema.ts";
import type { Page } from "../sql.ts";

export type CatalogRow = typeof catalog.$inferSelect;

/** Creates a catalog. @returns null when the tenant has one of that name, or the id exists */
export const createCatalog = async (
  db: Db,
  tenant: string,
  name: string,
  source: Source,
  id: string = randomUUID(),
): Promise<CatalogRow | null> => {
  const rows = await db.insert(catalog).values({ id, tenant, name, source }).onConflictDoNothing().returning();
  return rows[0] ?? null;
};

export const getCatalog = async (db: Db, tenant: string, id: string): Promise<CatalogRow | null> => {
  const where = and(eq(catalog.tenant, tenant), eq(catalog.id, id), isNull(catalog.deletedAt));
  return (await db.query.catalog.findFirst({ where })) ?? null;
};

/**
 * The sources of a tenant's catalogs, and the folders that have its archives. The tables may be those of an earlier
 * version, or not be there yet.
 */
export const sourcesInUse = async (db: Db, tenant: string): Promise<Source[]> => {
  const isThere = await db.execute<{ catalog: string | null; archive: string | null }>(
    sql`select to_regclass('catalog') as catalog, to_regclass('archive') as archive`,
  );
  const { catalog: catalogs = null, archive: archives = null } = isThere.rows[0] ?? {};
  if (catalogs === null || archives === null) return [];
  const { rows } = await db.execute<{ source: Source; destinations: string[] }>(sql`
    select source, array(
      select distinct to_jsonb(archive) ->> 'destination' from archive
      where catalog_id = catalog.id and to_jsonb(archive) ->> 'destination' is not null) as destinations
    from catalog where tenant = ${tenant} order by id`);
  return rows.flatMap(({ source, destinations }) => [source, ...destinations.map(directorySource)]);
};

/** Locks the catalog's row, so that one process at a time decides about the catalog. */
export const lockCatalog = async (db: Db, id: string): Promise<void> => {
  await db.execute(sql`select from catalog where id = ${id} for update`);
};

/** Changes a catalog's name and source. @returns false when the tenant has another one of that name */
export const changeCatalog = async (
  db: Db,
  { id, tenant }: CatalogRow,
  { name, source }: Pick<CatalogRow, "name" | "source">,
): Promise<boolean> => {
  const { rowCount } = await db.execute(sql`
    update catalog set name = ${name}, source = ${JSON.stringify(source)}::jsonb
    where id = ${id} and not exists (
      select from catalog as other where other.tenant = ${tenant} and other.name = ${name} and other.id <> ${id})`);
  return rowCount === 1;
};

/** Hides a catalog from its owner. Its name becomes free for the owner's next one. */
export const hideCatalog = async (db: Db, id: string): Promise<void> => {
  await db.execute(sql`update catalog set deleted_at = now(), name = id where id = ${id}`);
};

const ROWS_PER_TRANSACTION = 20_000;
/** Each has half a megabyte. */
const PARTS_PER_TRANSACTION = 200;

/**
 * Deletes rows of hidden catalogs, few enough in a transaction, so that other catalogs' work
 * never waits for it.
 * @returns whether there is more to do
 */
export const deleteHiddenRows = async (db: Db): Promise<boolean> => {
  const hidden = await db.execute<{ id: string; tenant: string }>(
    sql`select id, tenant from catalog where deleted_at is not null limit 1`,
  );
  const [deleted] = hidden.rows;
  if (deleted === undefined) return false;
  const { id, tenant } = deleted;
  const ofCatalog = sql`catalog_id = ${id}`;
  const ofJobs = sql`job_id in (select id from job where ${ofCatalog})`;
  const ofLineages = sql`lineage in (select lineage from finalization where ${ofJobs})`;
  // They are of all the tenant's catalogs, and go with the last one.
  const ofLastCatalog = sql`tenant = ${tenant} and not exists (
    select from catalog where tenant = ${tenant} and id <> ${id})`;
  const steps = [
    { tables: ["verified_pair"], condition: ofLastCatalog },
    { tables: ["block_evidence"], condition: ofCatalog, rows: PARTS_PER_TRANSACTION },
    { tables: ["group_member", "image_group"], condition: ofLineages },
    {
      tables: ["reference_match", "finalization", "compare_result", "verify_result", "task_attempt", "unlisted_file"],
      condition: ofJobs,
    },
    { tables: ["decision", "archive", "hash_block", "image", "job"], condition: ofCatalog },
  ];
  for (const { tables, condition, rows = ROWS_PER_TRANSACTION } of steps)
    for (const table of tables.map((name) => sql.raw(name))) {
      const { rowCount } = await db.execute(sql`
        delete from ${table} where ctid = any(array(
          select ctid from ${table} where ${condition} limit ${rows}))`);
      if (rowCount !== 0) return true;
    }
  await db.execute(sql`delete from catalog where id = ${id}`);
  return true;
};

/** Catalogs in the order of their ids, after `after`; all, or the one of that name. */
export const listCatalogs = (
  db: Db,
  tenant: string,
  { name, after, limit }: Page<string> & { readonly name: string | null },
): Promise<CatalogRow[]> =>
  db.query.catalog.findMany({
    where: and(
      eq(catalog.tenant, tenant),
      isNull(catalog.deletedAt),
      gt(catalog.id, after),
      name === null ? undefined : eq(catalog.name, name),
    ),
    orderBy: asc(catalog.id),
    limit,
  });

const MAX_CATALOGS = 1_000;

/** The tenant's catalogs, for looking for one in all of them; no more than a thousand are looked at. */
export const allCatalogs = (db: Db, tenant: string): Promise<CatalogRow[]> =>
  listCatalogs(db, tenant, { name: null, after: "", limit: MAX_CATALOGS });

/** The catalogs of every tenant, for work in the background. */
export const everyCatalog = (db: Db): Promise<CatalogRow[]> =>
  db.query.catalog.findMany({ where: isNull(catalog.deletedAt), orderBy: asc(catalog.id) });

/** Stores what a listing found. Undefined features, verification, mounts or an undefined mark leave the catalog's as they are. */
export const saveListing = async (
  db: Db,
  id: string,
  shape: {
    readonly blockSize: number;
    readonly hashBits: number;
    readonly hashFormat: string;
    readonly features: boolean | undefined;
    readonly verification: boolean | undefined;
    readonly listingMark: ListingMark | null | undefined;
    readonly mounts: readonly Mount[] | undefined;
  },
): Promise<void> => {
  await db.update(catalog).set(shape).where(eq(catalog.id, id));
};
