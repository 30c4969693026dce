import { createHash } from "node:crypto";
import { getTableName } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import type pg from "pg";
import { TENANT_SETTING } from "./pool.ts";
import * as schema from "./schema.ts";

/** The value of {@link TENANT_SETTING} for work that is about every tenant. No tenant has this name. */
export const EVERY_TENANT = "*";

type TableKey = keyof typeof schema;

/** Each table's name, with its key in the schema. */
export const TABLES = Object.entries(schema).map(
  ([key, table]) => [key as TableKey, getTableName(table as PgTable)] as const,
);

/** A row that another one names. */
interface Owner {
  /** The column that names it, or an expression that begins with the column. */
  readonly by: string;
  /** Its table, which has the tenant in a column, and the column by which it is named. */
  readonly in: "access_key" | "webhook" | "catalog" | "job" | "finalization";
  readonly key: string;
  readonly condition?: string;
}

/** How a row shows whose it is. */
type Belonging = {
  /** The column that names its tenant. */
  readonly tenant?: string;
  /** The row that it belongs to. Where it names its tenant, too, that is looked at when it is written. */
  readonly owner?: Owner;
  /** Whether work that is about every tenant needs the table. */
  readonly forEveryTenant?: boolean;
  /** Why its rows are of no tenant. */
  readonly noTenant?: string;
};

const OF_CATALOG: Owner = { by: "catalog_id", in: "catalog", key: "id" };
const OF_JOB: Owner = { by: "job_id", in: "job", key: "id" };
/** All results of a lineage are of one tenant, and one of them is its first step. */
const OF_LINEAGE: Owner = { by: "lineage", in: "finalization", key: "lineage", condition: "step = 0" };

/** Whose the rows of each table are. */
export const BELONGING: Readonly<Record<TableKey, Belonging>> = {
  tenant: { tenant: "id", forEveryTenant: true },
  accessKey: { tenant: "tenant", forEveryTenant: true },
  session: { owner: { by: "key_id", in: "access_key", key: "id" }, forEveryTenant: true },
  idempotentRequest: { tenant: "tenant" },
  webhook: { tenant: "tenant", forEveryTenant: true },
  webhookDelivery: { owner: { by: "webhook_id", in: "webhook", key: "id" }, forEveryTenant: true },
  catalog: { tenant: "tenant", forEveryTenant: true },
  image: { owner: OF_CATALOG },
  hashBlock: { owner: OF_CATALOG },
  blockEvidence: { owner: OF_CATALOG },
  job: { tenant: "tenant", owner: OF_CATALOG },
  unlistedFile: { owner: OF_JOB },
  taskAttempt: { owner: OF_JOB },
  outbox: { owner: { by: "body ->> 'job'", in: "job", key: "id" } },
  compareResult: { owner: OF_JOB },
  verifyResult: { owner: OF_JOB },
  verifiedPair: { tenant: "tenant" },
  finalization: { tenant: "tenant", owner: OF_JOB },
  imageGroup: { owner: OF_LINEAGE },
  groupMember: { owner: OF_LINEAGE },
  referenceMatch: { owner: OF_JOB },
  decision: { owner: OF_CATALOG },
  archive: { owner: OF_CATALOG, forEveryTenant: true },
  signingKey: { noTenant: "its keys sign for the installation, and are sealed" },
  rollout: { noTenant: "it says how far the operator has rolled a feature out" },
  rolloutOverride: { owner: OF_CATALOG },
};

/** The names of the tables that have policies. */
export const RESTRICTED_TABLES: readonly string[] = TABLES.flatMap(([key, table]) =>
  BELONGING[key].noTenant === undefined ? [table] : [],
);

const SETTING = `current_setting('${TENANT_SETTING}', true)`;

/** The condition that the tenant in a column is the one that is served. */
const isServed = (column: string, forEveryTenant: boolean): string =>
  `(${column} = ${SETTING}${forEveryTenant ? ` or ${SETTING} = '${EVERY_TENANT}'` : ""})`;

/**
 * The condition that a row's owner is of the tenant that is served. It names the tenant although the owner's table has a policy of
 * its own: so PostgreSQL can read by an index what a tenant has, where that is less than to look each owner up.
 */
const isOwned = (table: string, { by, in: owners, key, condition }: Owner, forEveryTenant: boolean): string =>
  `exists (select from ${owners} as owner where owner.${key} = ${table}.${by}${
    condition === undefined ? "" : ` and owner.${condition}`
  } and ${isServed("owner.tenant", forEveryTenant)})`;

/**
 * The policies of a table: the API sees the rows of the tenant that it serves, the other services see all.
 * @returns an empty list where the rows are of no tenant
 */
const policyStatements = (
  table: string,
  { tenant, owner, forEveryTenant = false }: Belonging,
  api: string,
  services: readonly string[],
): string[] => {
  const served = tenant === undefined ? [] : [isServed(tenant, forEveryTenant)];
  const owned = owner === undefined ? [] : [isOwned(table, owner, forEveryTenant)];
  const conditions = [...served, ...owned];
  const [using] = conditions;
  if (using === undefined) return [];
  const check = conditions.join(" and ");
  const all = `create policy services on ${table} to ${services.join(", ")} using (true)`;
  return [
    `alter table ${table} enable row level security`,
    `drop policy if exists tenant on ${table}`,
    `create policy tenant on ${table} to ${api} using (${using}) with check (${check})`,
    `drop policy if exists services on ${table}`,
    ...(services.length === 0 ? [] : [all]),
  ];
};

/**
 * Gives each table the policies of this version, as its owner. A change locks the table for a moment, so that what is as it must
 * be is left alone: a digest in the policy's comment says so.
 * @param api the API's role
 * @param services the roles of the other services
 */
export const applyPolicies = async (client: pg.Client, api: string, services: readonly string[]): Promise<void> => {
  const { rows } = await client.query<{ table: string; digest: string | null }>(`
    select relname as table, obj_description(pg_policy.oid, 'pg_policy') as digest
    from pg_policy join pg_class on pg_class.oid = polrelid
    where relnamespace = 'public'::regnamespace and polname = 'tenant' and relrowsecurity`);
  const digests = new Map(rows.map(({ table, digest }) => [table, digest]));
  for (const [key, table] of TABLES) {
    const statements = policyStatements(table, BELONGING[key], api, services);
    const digest = createHash("sha256").update(statements.join("\n")).digest("hex");
    if (statements.length === 0 || digests.get(table) === digest) continue;
    await client.query([...statements, `comment on policy tenant on ${table} is '${digest}'`].join(";\n"));
  }
};
