import { asc, eq, getTableColumns, sql } from "drizzle-orm";
import type { Db } from "../open.ts";
import { tenant } from "../schema.ts";
import { type AccessKeyRow, insertAccessKey } from "./access-keys.ts";

type TenantRow = typeof tenant.$inferSelect;

/**
 * Creates a tenant with its first key, of scope admin.
 * @returns null where the tenant exists
 */
export const insertTenant = (
  db: Db,
  id: string,
  { key, name }: { readonly key: string; readonly name: string },
): Promise<(TenantRow & { readonly firstKey: AccessKeyRow }) | null> =>
  db.transaction(async (tx) => {
    const [row] = await tx.insert(tenant).values({ id }).onConflictDoNothing().returning();
    if (row === undefined) return null;
    const firstKey = await insertAccessKey(tx, { key, tenant: id, name, scope: "admin" });
    if (firstKey === null) throw new Error("a new key was stored before");
    return { ...row, firstKey };
  });

/** All tenants, by name, each with the number of its keys that are not revoked, and of its catalogs. */
export const listTenants = (db: Db) =>
  db
    .select({
      ...getTableColumns(tenant),
      keys: sql<number>`(select count(*)::int from access_key where access_key.tenant = tenant.id and revoked_at is null)`,
      catalogs: sql<number>`(select count(*)::int from catalog where catalog.tenant = tenant.id)`,
    })
    .from(tenant)
    .orderBy(asc(tenant.id));

/** Disables a tenant, or enables it again. @returns null where there is none */
export const disableTenant = async (db: Db, id: string, isDisabled: boolean): Promise<TenantRow | null> => {
  const disabledAt = isDisabled ? sql`coalesce(${tenant.disabledAt}, now())` : null;
  const [row] = await db.update(tenant).set({ disabledAt }).where(eq(tenant.id, id)).returning();
  return row ?? null;
};
