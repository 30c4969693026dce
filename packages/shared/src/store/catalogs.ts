import { randomUUID } from "node:crypto";
import { and, asc, eq, gt } from "drizzle-orm";
import type { Source } from "../domain/options.ts";
import type { Db } from "./open.ts";
import { catalog } from "./schema.ts";

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
    .where(and(eq(catalog.tenant, tenant), eq(catalog.id, id)));
  return rows[0] ?? null;
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
    .where(and(eq(catalog.tenant, tenant), gt(catalog.id, after), name === null ? undefined : eq(catalog.name, name)))
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

/** Fixes the block size and hash length that the first listing found. */
export const fixCatalogShape = async (
  db: Db,
  id: string,
  shape: { blockSize: number; hashBits: number },
): Promise<void> => {
  await db.update(catalog).set(shape).where(eq(catalog.id, id));
};
