import { randomUUID } from "node:crypto";
import { and, asc, eq, gt, isNotNull, isNull, not, type SQL, sql } from "drizzle-orm";
import type { ListingMark } from "../../domain/image/listing-mark.ts";
import type { Source } from "../../domain/job/source.ts";
import type { Db } from "../open.ts";
import { catalog } from "../schema.ts";

export type CatalogRow = typeof catalog.$inferSelect;

/** Creates a catalog, or gives null when the tenant has one of that name. */
export const createCatalog = async (
  db: Db,
  tenant: string,
  name: string,
  source: Source,
): Promise<CatalogRow | null> => {
  const rows = await db
    .insert(catalog)
    .values({ id: randomUUID(), tenant, name, source })
    .onConflictDoNothing()
    .returning();
  return rows[0] ?? null;
};

export const getCatalog = async (db: Db, tenant: string, id: string): Promise<CatalogRow | null> => {
  const rows = await db
    .select()
    .from(catalog)
    .where(and(eq(catalog.tenant, tenant), eq(catalog.id, id), isNull(catalog.deletedAt)));
  return rows[0] ?? null;
};

/** Names a catalog anew. False when the tenant has another one of that name. */
export const renameCatalog = async (db: Db, { id, tenant }: CatalogRow, name: string): Promise<boolean> => {
  const taken = sql`exists (select from catalog other where other.tenant = ${tenant} and other.name = ${name} and other.id <> ${id})`;
  const rows = await db
    .update(catalog)
    .set({ name })
    .where(and(eq(catalog.id, id), not(taken)))
    .returning({ id: catalog.id });
  return rows.length === 1;
};

/** Hides a catalog from its owner, whose next one may have its name. */
export const hideCatalog = async (db: Db, id: string): Promise<void> => {
  await db.update(catalog).set({ deletedAt: sql`now()`, name: sql`id` }).where(eq(catalog.id, id));
};

const ROWS_PER_TRANSACTION = 20_000;

/**
 * Deletes rows of hidden catalogs, a few thousand in a transaction: other catalogs' work never waits.
 * @returns whether there is more to do
 */
export const deleteHiddenRows = async (db: Db): Promise<boolean> => {
  const hidden = await db.select({ id: catalog.id }).from(catalog).where(isNotNull(catalog.deletedAt)).limit(1);
  const id = hidden[0]?.id;
  if (id === undefined) return false;
  const some = (table: string, condition: SQL) =>
    db.execute(sql`delete from ${sql.raw(table)} where ctid = any(array(
      select ctid from ${sql.raw(table)} where ${condition} limit ${ROWS_PER_TRANSACTION}))`);
  const ofCatalog = sql`catalog_id = ${id}`;
  const ofJobs = sql`job_id in (select id from job where ${ofCatalog})`;
  const ofLineages = sql`lineage in (select lineage from finalization where ${ofJobs})`;
  for (const table of ["group_member", "image_group"])
    if (((await some(table, ofLineages)).rowCount ?? 0) > 0) return true;
  for (const table of ["reference_match", "finalization", "compare_result", "task_attempt"])
    if (((await some(table, ofJobs)).rowCount ?? 0) > 0) return true;
  for (const table of ["decision", "archive", "hash_block", "image", "job"])
    if (((await some(table, ofCatalog)).rowCount ?? 0) > 0) return true;
  await db.delete(catalog).where(eq(catalog.id, id));
  return true;
};

/** Catalogs in the order of their ids, after `after`; all, or the one of that name. */
export const listCatalogs = (
  db: Db,
  tenant: string,
  { name, after, limit }: { name: string | null; after: string; limit: number },
): Promise<CatalogRow[]> =>
  db
    .select()
    .from(catalog)
    .where(
      and(
        eq(catalog.tenant, tenant),
        isNull(catalog.deletedAt),
        gt(catalog.id, after),
        name === null ? undefined : eq(catalog.name, name),
      ),
    )
    .orderBy(asc(catalog.id))
    .limit(limit);

/** The catalog as the log knows it, for a projection that has lost its tables. */
export const restoreCatalog = async (
  db: Db,
  tenant: string,
  given: Pick<CatalogRow, "id" | "name" | "source">,
): Promise<void> => {
  await db
    .insert(catalog)
    .values({ ...given, tenant })
    .onConflictDoNothing();
};

/** Stores what a listing found. An undefined mark leaves the catalog's as it is. */
export const saveListing = async (
  db: Db,
  id: string,
  shape: { blockSize: number; hashBits: number; hashFormat: string; listingMark: ListingMark | null | undefined },
): Promise<void> => {
  await db.update(catalog).set(shape).where(eq(catalog.id, id));
};
