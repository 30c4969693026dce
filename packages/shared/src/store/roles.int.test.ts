import { getTableName } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Servers, startServers } from "../../../../test/support/servers.ts";
import { SERVICE_NAMES, type ServiceName } from "../runtime/config.ts";
import { applyMigrations, ensureTables } from "./migrate.ts";
import { DATABASE_USERS, type DatabaseUser, roleOf, roleStatements } from "./roles.ts";
import * as schema from "./schema.ts";

let servers: Servers;
beforeAll(async () => {
  servers = await startServers();
  await servers.postgres.migrate();
});
afterAll(async () => {
  await Promise.all([...clients.values()].map((client) => client.end()));
  await servers.stop();
});

const clients = new Map<DatabaseUser, pg.Client>();
const as = async (user: DatabaseUser): Promise<pg.Client> => {
  const client = clients.get(user) ?? new pg.Client({ connectionString: servers.postgres.urlOf(user) });
  if (!clients.has(user)) await client.connect();
  clients.set(user, client);
  return client;
};
/** The SQLSTATE of a statement; null where it succeeds. */
const refusal = async (user: DatabaseUser, statement: string): Promise<string | undefined | null> =>
  (await as(user)).query(statement).then(
    () => null,
    (error: pg.DatabaseError) => error.code,
  );
const TABLES = Object.values(schema).map((table) => getTableName(table as PgTable));
const NOT_ALLOWED = "42501";

/** Tables that each service may change or read at all, written once more. */
const CHANGED: Record<ServiceName, readonly string[]> = {
  hasher: ["image", "verified_pair", "verify_result"],
  comparer: ["compare_result", "decision", "finalization", "group_member", "image_group", "outbox", "reference_match"],
  coordinator: TABLES.filter((table) => !["access_key", "signing_key", "tenant", "webhook"].includes(table)),
  api: [
    ...["access_key", "archive", "catalog", "decision", "idempotent_request", "image_group", "job", "outbox"],
    ...["session", "signing_key", "tenant", "webhook", "webhook_delivery"],
  ],
};
const SECRET = ["access_key", "session", "signing_key", "tenant", "idempotent_request"];

describe("on PostgreSQL", () => {
  it.each(SERVICE_NAMES)("the %s changes only its own tables, and owns none", async (service) => {
    const changed: string[] = [];
    for (const table of TABLES) {
      const { rows } = await (await as(service)).query(
        `select has_table_privilege($1, 'insert, update, delete') as may, pg_has_role(tableowner, 'usage') as owns
         from pg_tables where tablename = $1`,
        [table],
      );
      if (rows[0].may) changed.push(table);
      expect([table, rows[0].owns]).toEqual([table, false]);
      for (const statement of ["drop table", "truncate", "alter table"])
        expect(
          await refusal(service, `${statement} ${table}${statement === "alter table" ? " disable trigger all" : ""}`),
        ).toBe(NOT_ALLOWED);
    }
    expect(changed.toSorted()).toEqual(CHANGED[service].toSorted());
    expect(await refusal(service, "create table public.own (id int)")).toBe(NOT_ALLOWED);
    expect(await refusal(service, "delete from drizzle.__drizzle_migrations")).toBe(NOT_ALLOWED);
    for (const user of DATABASE_USERS)
      if (user !== service) expect(await refusal(service, `set role ${roleOf(user)}`)).toBe(NOT_ALLOWED);
    expect(await refusal(service, "create role more")).toBe(NOT_ALLOWED);
    expect(await refusal(service, "copy job to program 'true'")).toBe(NOT_ALLOWED);
    expect(await refusal(service, "select pg_read_file('/etc/passwd')")).toBe(NOT_ALLOWED);
  });

  it("keys, and the secrets of webhooks, are the API's alone", async () => {
    for (const user of DATABASE_USERS.filter((one) => one !== "api" && one !== "migrator")) {
      for (const table of SECRET)
        expect([user, table, await refusal(user, `select * from ${table}`)]).toEqual([user, table, NOT_ALLOWED]);
      expect(await refusal(user, "select sealed_secret from webhook")).toBe(NOT_ALLOWED);
    }
    for (const table of [...SECRET, "webhook"]) expect(await refusal("api", `select * from ${table}`)).toBe(null);
  });

  it("the exporter sees statistics and no row", async () => {
    expect(await refusal("exporter", "select * from pg_stat_activity")).toBe(null);
    for (const table of TABLES) expect(await refusal("exporter", `select from ${table}`)).toBe(NOT_ALLOWED);
  });

  it("who may not create tables waits for their owner, and says so where there is none", async () => {
    const empty = new URL(servers.postgres.urlOf("api"));
    const migrator = await as("migrator");
    await migrator.query("alter table drizzle.__drizzle_migrations rename to away");
    await expect(ensureTables(empty.href, 0, () => undefined)).rejects.toThrow(
      /this role may not create tables.*migrate.js/,
    );
    await migrator.query("alter table drizzle.away rename to __drizzle_migrations");
    await ensureTables(empty.href, 0, () => undefined);
  });

  /** An administrator's connection to another database. */
  const inDatabase = async (name: string, work: (client: pg.Client, url: string) => Promise<void>): Promise<void> => {
    const url = Object.assign(new URL(servers.postgres.url), { pathname: `/${name}` }).href;
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await work(client, url).finally(() => client.end());
  };

  it("one role for everything goes on as before", async () => {
    await inDatabase("postgres", async (client) => {
      await client.query("create role single_role login password 'single'");
      await client.query("create database single owner single_role");
    });
    const address = { username: "single_role", password: "single", pathname: "/single" };
    const { href } = Object.assign(new URL(servers.postgres.url), address);
    for (let starts = 0; starts < 2; starts += 1) await ensureTables(href, 0, () => undefined);
  });

  it("a database that had one owner gets its roles later, and keeps its rows", async () => {
    await inDatabase("postgres", async (client) => void (await client.query("create database older")));
    await inDatabase("older", async (client, url) => {
      await applyMigrations(url);
      await client.query("insert into signing_key values ('kept', 'x')");
      for (const statement of roleStatements("older", () => null)) await client.query(statement);
      const migrator = Object.assign(new URL(servers.postgres.urlOf("migrator")), { pathname: "/older" });
      await applyMigrations(migrator.href);
      const { rows } = await client.query("select distinct tableowner from pg_tables where schemaname = 'public'");
      expect(rows).toEqual([{ tableowner: "lookalike_migrator" }]);
    });
    const api = Object.assign(new URL(servers.postgres.urlOf("api")), { pathname: "/older" });
    const client = new pg.Client({ connectionString: api.href });
    await client.connect();
    expect((await client.query("select * from signing_key")).rowCount).toBe(1);
    await client.end();
  });
});
