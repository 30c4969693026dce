import pg from "pg";
import { SERVICE_NAMES, type ServiceName } from "../runtime/config.ts";
import { applyPolicies, TABLES } from "./policies.ts";
import type * as schema from "./schema.ts";

/** Who connects to PostgreSQL, each as a role of its own: who owns the tables, the services, and the exporter of metrics. */
export const DATABASE_USERS = ["migrator", ...SERVICE_NAMES, "exporter"] as const;
export type DatabaseUser = (typeof DATABASE_USERS)[number];

export const roleOf = (user: DatabaseUser): string => `lookalike_${user}`;

type Grant = "select" | "insert" | "update" | "delete" | `${"select" | "update"} (${string})`;

const READ: readonly Grant[] = ["select"];
const ADD: readonly Grant[] = ["select", "insert"];
const CHANGE: readonly Grant[] = ["select", "insert", "update"];
const ALL: readonly Grant[] = ["select", "insert", "update", "delete"];
const REMOVE: readonly Grant[] = ["select", "delete"];
/** Who may update any column of a row may lock the row (`for update`): this one decides nothing. */
const LOCK: readonly Grant[] = ["select", "update (created_at)"];

/** They work for every tenant. */
const WITHOUT_POLICIES = SERVICE_NAMES.filter((service) => service !== "api");

/** What each service does with each table; what is not named is refused. */
const GRANTS: Readonly<Record<keyof typeof schema, Partial<Record<ServiceName, readonly Grant[]>>>> = {
  tenant: { api: CHANGE },
  accessKey: { api: CHANGE },
  session: { api: ALL, coordinator: ["select (expires_at)", "delete"] },
  idempotentRequest: { api: ALL, coordinator: ["select (created_at)", "delete"] },
  webhook: { api: ALL, coordinator: ["select (id, tenant)"] },
  webhookDelivery: { api: ["select", "update"], coordinator: ADD },
  catalog: { api: CHANGE, coordinator: ALL, hasher: LOCK, comparer: LOCK },
  image: { api: READ, coordinator: ALL, hasher: CHANGE, comparer: READ },
  hashBlock: { api: READ, coordinator: ALL, hasher: READ, comparer: READ },
  blockEvidence: { api: READ, coordinator: ALL, hasher: READ, comparer: READ },
  job: { api: ADD, coordinator: ALL, hasher: READ, comparer: READ },
  unlistedFile: { api: READ, coordinator: ALL },
  taskAttempt: { coordinator: ALL },
  outbox: { api: ["insert"], coordinator: ALL, comparer: ["insert"] },
  compareResult: { coordinator: ALL, comparer: ADD, hasher: READ },
  verifyResult: { coordinator: ALL, hasher: ADD, comparer: READ },
  verifiedPair: { api: READ, coordinator: REMOVE, hasher: ADD },
  finalization: { api: READ, coordinator: REMOVE, hasher: READ, comparer: CHANGE },
  imageGroup: { api: ["select", "update"], coordinator: REMOVE, comparer: CHANGE },
  groupMember: { api: READ, coordinator: REMOVE, comparer: ADD },
  referenceMatch: { api: READ, coordinator: REMOVE, comparer: ADD },
  decision: { api: ADD, coordinator: REMOVE, comparer: ADD },
  archive: { api: CHANGE, coordinator: REMOVE, hasher: READ, comparer: READ },
  signingKey: { api: CHANGE },
  rollout: { api: READ, coordinator: ALL },
  rolloutOverride: { api: READ, coordinator: ALL },
};

/** Functions that do what only the owner of the tables may, and the service that calls each. */
const FUNCTIONS: Readonly<Record<string, ServiceName>> = {
  "analyze_image()": "hasher",
  // The API's role sees the jobs of one tenant at a time.
  "count_active_jobs()": "api",
};

/**
 * What the owner of the tables grants to those of the roles that exist in the server, and whose rows the API's sees. A server
 * with one role for everything has none of them, and its owner sees everything.
 */
export const grantToServices = async (client: pg.Client): Promise<void> => {
  const { rows } = await client.query<{ rolname: string }>("select rolname from pg_roles where rolname = any($1)", [
    SERVICE_NAMES.map(roleOf),
  ]);
  const roles = new Set(rows.map(({ rolname }) => rolname));
  const statements = SERVICE_NAMES.filter((service) => roles.has(roleOf(service))).flatMap(grantStatements);
  if (statements.length > 0) await client.query(["begin", ...statements, "commit"].join(";\n"));
  const api = roleOf("api");
  if (roles.has(api)) await applyPolicies(client, api, [...roles].filter((role) => role !== api).sort());
};

const grantStatements = (service: ServiceName): string[] => {
  const role = roleOf(service);
  return [
    `revoke all on all tables in schema public from ${role}`,
    `grant usage on schema public, drizzle to ${role}`,
    `grant select on drizzle.__drizzle_migrations to ${role}`,
    ...Object.entries(FUNCTIONS).flatMap(([name, user]) =>
      user === service ? [`grant execute on function ${name} to ${role}`] : [],
    ),
    ...TABLES.flatMap(([key, table]) => {
      const grants = GRANTS[key][service];
      return grants === undefined ? [] : [`grant ${grants.join(", ")} on ${table} to ${role}`];
    }),
  ];
};

/**
 * What an administrator of the server does once for the database that it is connected to, and again after an upgrade:
 * the roles, and the migrator as the owner of what there is.
 * @param password null = the role keeps the one that it has
 */
export const roleStatements = (database: string, password: (user: DatabaseUser) => string | null): string[] => {
  const name = pg.escapeIdentifier(database);
  const services = SERVICE_NAMES.map(roleOf).join(", ");
  const owner = roleOf("migrator");
  return [
    ...DATABASE_USERS.flatMap((user) => {
      const secret = password(user);
      return [
        `do $$ begin create role ${roleOf(user)} login; exception when duplicate_object then null; end $$`,
        ...(secret === null ? [] : [`alter role ${roleOf(user)} password ${pg.escapeLiteral(secret)}`]),
      ];
    }),
    `grant pg_monitor to ${roleOf("exporter")}`,
    ...WITHOUT_POLICIES.map(
      // Only a superuser may. Without it they have policies that show all rows, and no COPY: see copy.ts.
      (service) =>
        `do $$ begin alter role ${roleOf(service)} bypassrls; exception when insufficient_privilege then null; end $$`,
    ),
    `revoke all on database ${name} from public`,
    `alter database ${name} owner to ${owner}`,
    `alter schema public owner to ${owner}`,
    "revoke create on schema public from public",
    `grant connect on database ${name} to ${services}, ${roleOf("exporter")}`,
    // A replay folds the log into tables of its own, in a schema that it makes and drops.
    `grant create on database ${name} to ${roleOf("coordinator")}`,
    `do $$ declare own record; begin
  if to_regnamespace('drizzle') is not null then alter schema drizzle owner to ${owner}; end if;
  for own in select schemaname, tablename from pg_tables where schemaname in ('public', 'drizzle') and tableowner <> '${owner}' loop
    execute format('alter table %I.%I owner to ${owner}', own.schemaname, own.tablename);
  end loop;
${Object.keys(FUNCTIONS)
  .map(
    (name) =>
      `  if to_regprocedure('public.${name}') is not null then alter function public.${name} owner to ${owner}; end if;`,
  )
  .join("\n")}
end $$`,
  ];
};
