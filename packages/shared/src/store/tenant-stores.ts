import { drizzle } from "drizzle-orm/node-postgres";
import { LRUCache } from "lru-cache";
import type pg from "pg";
import type { Db } from "./db.ts";
import { EVERY_TENANT } from "./policies.ts";
import { type Pool, TenantPool } from "./pool.ts";
import * as schema from "./schema.ts";

/** The database as one tenant sees it, or as work for every tenant does. */
export interface TenantStore {
  readonly db: Db;
  /** For work that needs a connection of its own, such as a lock. */
  readonly pool: pg.Pool;
}

/** Who uses the database decides, with each use, whose rows it is about. */
export interface TenantStores {
  /** Rows of this tenant and of no other, in all tables. */
  ofTenant(tenant: string): TenantStore;
  /**
   * Rows of every tenant, in the tables of keys, tenants, webhooks, catalogs and archives: for requests that have no tenant yet,
   * for the operator's, and for work in the background. There are no images, groups and jobs in it.
   */
  readonly everyTenant: TenantStore;
}

const CACHED_TENANTS = 1_000;

export const createTenantStores = (pool: Pool): TenantStores => {
  const storeAs = (tenant: string): TenantStore => {
    const tenantPool = new TenantPool(pool, tenant);
    return { pool: tenantPool, db: drizzle(tenantPool, { schema }) };
  };
  const stores = new LRUCache<string, TenantStore>({ max: CACHED_TENANTS, memoMethod: storeAs });
  return {
    ofTenant(tenant) {
      if (tenant === EVERY_TENANT || tenant === "") throw new Error(`${JSON.stringify(tenant)} is no tenant`);
      return stores.memo(tenant);
    },
    everyTenant: storeAs(EVERY_TENANT),
  };
};
