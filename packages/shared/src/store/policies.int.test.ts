import { getTableName, lt } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Servers, startServers } from "../../../../test/support/servers.ts";
import type { MemberComparison } from "../domain/grouping/member-comparison.ts";
import { copyInto } from "./copy.ts";
import { openStore, type Store } from "./open.ts";
import { BELONGING, EVERY_TENANT } from "./policies.ts";
import { TENANT_SETTING } from "./pool.ts";
import * as schema from "./schema.ts";

/** A row of each table for a tenant, whose name is $1: what it needs, and nothing else. */
const ROWS: Record<string, string> = {
  tenant: "(id) values ($1)",
  access_key: "(id, tenant, name, scope, digest) values ($1, $1, 'key', 'read', $1::text::bytea)",
  session: "(digest, key_id, host, expires_at) values ($1::text::bytea, $1, 'host', now())",
  idempotent_request: "(tenant, key, digest) values ($1, 'key', '')",
  webhook: "(id, tenant, url) values ($1, $1, '')",
  webhook_delivery: "(id, webhook_id, payload) values ($1, $1, '')",
  catalog: `(id, tenant, name, source) values ($1, $1, 'photos', '{"kind": "hashes", "file": "/f"}')`,
  image: "(catalog_id, ordinal, path, fingerprint, listed_in) values ($1, 0, 'a.jpg', 'f', $1)",
  hash_block: `(catalog_id, block, job_id, states, hashes, content_digests, details, failed_images, digest)
    values ($1, 0, $1, '', '', '', '[]', 0, '')`,
  block_evidence: "(catalog_id, block, evidence_digest, part, evidence, digest) values ($1, 0, 'd', 0, '', 'd')",
  job: `(id, tenant, catalog_id, mode, options, state, phase, accepted_at, blocks_done, blocks_quarantined, tasks_done, tasks_quarantined)
    values ($1, $1, $1, 'new', '{}', 'completed', 'done', now(), '', '', '', '')`,
  unlisted_file: "(job_id, path, class, detail) values ($1, 'b.mov', 'film', '')",
  task_attempt: "(job_id, kind, task, attempt, reason) values ($1, 'hash', 0, 1, '')",
  outbox: "(event_id, stream, subject, body) values ($1, 's', 's', jsonb_build_object('job', $1::text))",
  compare_result: "(job_id, task, edges, edge_count, digest) values ($1, 0, '', 0, '')",
  verified_pair: "(tenant, version, first, second, verdict) values ($1, 1, '', '', '')",
  verify_result: "(job_id, task, result_digest, results, digest) values ($1, 0, '', '', '')",
  finalization: `(job_id, run, tenant, grouping, threshold_bits, edges, flat_images, groups, grouped_images, lineage)
    values ($1, 1, $1, 'clique', 6, 1, 0, 1, 2, ascii($1))`,
  image_group: `(lineage, number, from_step, kind, keeper, keeper_reason, size, reclaimable_bytes)
    values (ascii($1), 1, 0, 'exact', 0, 'path', 2, 7)`,
  group_member: "(lineage, number, ordinal, distance) values (ascii($1), 1, 0, 0)",
  reference_match: `(job_id, run, ordinal, reference_ordinal, distance, equal_bytes) values ($1, 1, 0, 0, 0, true)`,
  decision: `(id, catalog_id, job_id, run, group_number, verdict, members, keep, decided_by)
    values ($1, $1, $1, 1, 1, 'keep', '{0}', '{0}', 'me')`,
  archive: "(id, catalog_id, state, folder, total_files) values ($1, $1, 'archived', '/x', 1)",
  rollout_override: "(feature, catalog_id, enabled) values ('x', $1, true)",
};
const TENANTS = ["a", "b"] as const;
/** The tables, each with whether work for every tenant sees it. */
const OWNED = Object.entries(schema).flatMap(([key, table]) => {
  const { noTenant, forEveryTenant = false } = BELONGING[key as keyof typeof schema];
  return noTenant === undefined ? [[getTableName(table as PgTable), forEveryTenant] as const] : [];
});
const NOT_ALLOWED = "42501";

let servers: Servers;
let administrator: pg.Client;
let api: pg.Client;
beforeAll(async () => {
  servers = await startServers();
  await servers.postgres.migrate();
  administrator = new pg.Client({ connectionString: servers.postgres.url });
  api = new pg.Client({ connectionString: servers.postgres.urlOf("api") });
  await Promise.all([administrator.connect(), api.connect()]);
  await administrator.query("delete from tenant");
  for (const [table, row] of Object.entries(ROWS))
    for (const tenant of TENANTS) await administrator.query(`insert into ${table} ${row}`, [tenant]);
  // What the role may do with a table is roles.ts's; here is what it may do if that were everything.
  await administrator.query("grant all on all tables in schema public to lookalike_api");
});
afterAll(async () => {
  await Promise.all([administrator.end(), api.end()]);
  await servers.stop();
});

const serve = (tenant: string) => api.query("select set_config($1, $2, false)", [TENANT_SETTING, tenant]);
/** How many rows a statement reads or changes, without effect; the SQLSTATE where it fails. */
const tried = async (text: string, values: unknown[] = []): Promise<number | string | null | undefined> => {
  await api.query("begin");
  const result = await api.query(text, values).then(
    ({ rowCount }) => rowCount,
    ({ code }: pg.DatabaseError) => code,
  );
  await api.query("rollback");
  return result;
};
/** The row of a tenant as JSON. */
const rowOf = async (table: string, tenant: string): Promise<string> => {
  const { rows } = await administrator.query<{ row: string }>(`select to_jsonb(t)::text as row from ${table} as t`);
  const found = rows.filter(
    ({ row }) => row.includes(`"${tenant}"`) || row.includes(`"lineage": ${tenant.charCodeAt(0)}`),
  );
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${table}: ${found.length} rows of ${tenant}`);
  return found[0].row;
};

describe("the API's role", () => {
  it("has a policy in every table, or a reason why not", async () => {
    const { rows } = await administrator.query<{ name: string; restricted: boolean; policies: string[] }>(`
      select relname as name, relrowsecurity as restricted, array(
        select polname::text from pg_policy where polrelid = pg_class.oid order by polname) as policies
      from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by relname`);
    expect(rows.filter(({ restricted }) => restricted).map(({ name }) => name)).toEqual(
      OWNED.map(([name]) => name).toSorted(),
    );
    for (const { name, restricted, policies } of rows)
      if (restricted) expect([name, ...policies]).toEqual([name, "services", "tenant"]);
      else {
        const [key = ""] = Object.entries(schema).find(([, table]) => getTableName(table as PgTable) === name) ?? [];
        expect([name, BELONGING[key as keyof typeof schema]?.noTenant]).toEqual([name, expect.any(String)]);
      }
    expect(Object.keys(ROWS).toSorted()).toEqual(OWNED.map(([name]) => name).toSorted());
  });

  it.each(OWNED)("sees and changes in %s the rows of the tenant that it serves, and no other", async (table, every) => {
    for (const tenant of TENANTS) {
      await serve(tenant);
      const { rows } = await api.query(`select to_jsonb(t)::text as row from ${table} as t`);
      expect(rows).toEqual([{ row: await rowOf(table, tenant) }]);
      expect(await tried(`delete from ${table}`)).toBe(1);
    }
    for (const nobody of ["", "c", "a,b", "%", "'a'"]) {
      await serve(nobody);
      expect([nobody, await tried(`select from ${table}`), await tried(`delete from ${table}`)]).toEqual([
        nobody,
        0,
        0,
      ]);
    }
    await api.query(`reset ${TENANT_SETTING}`);
    expect(await tried(`select from ${table}`)).toBe(0);
    await serve(EVERY_TENANT);
    expect(await tried(`select from ${table}`)).toBe(every ? 2 : 0);
  });

  it.each(OWNED)("writes no row of another tenant into %s, nor gives one away", async (table) => {
    const columns = await administrator.query<{ list: string }>(
      "select string_agg(attname, ', ') as list from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped",
      [table],
    );
    const [{ list } = { list: "" }] = columns.rows;
    const insert = `insert into ${table} overriding system value select * from jsonb_populate_record(null::${table}, $1)`;
    const change = `update ${table} set (${list}) = (select ${list} from jsonb_populate_record(null::${table}, $1))`;
    await serve("b");
    const [own, foreign] = [await rowOf(table, "b"), await rowOf(table, "a")];
    expect(await tried(insert, [foreign])).toBe(NOT_ALLOWED);
    expect(await tried(insert, [own])).not.toBe(NOT_ALLOWED);
    expect(await tried(change, [foreign])).toBe(NOT_ALLOWED);
    expect(await tried(change, [own])).toBe(1);
    for (const nobody of ["", "c"]) {
      await serve(nobody);
      expect(await tried(insert, [foreign])).toBe(NOT_ALLOWED);
    }
  });

  it("starts no job of its own tenant over another one's catalog", async () => {
    await serve("b");
    const job = JSON.stringify({ ...JSON.parse(await rowOf("job", "b")), id: "new" });
    const insert = "insert into job select * from jsonb_populate_record(null::job, $1)";
    expect(await tried(insert, [job])).toBe(1);
    expect(await tried(insert, [JSON.stringify({ ...JSON.parse(job), catalog_id: "a" })])).toBe(NOT_ALLOWED);
  });

  it("can't go around the policies", async () => {
    const { rows } = await administrator.query(
      "select rolname, rolbypassrls from pg_roles where rolname like 'lookalike_%' and rolname not like '%migrator' order by 1",
    );
    expect(rows).toEqual([
      { rolname: "lookalike_api", rolbypassrls: false },
      { rolname: "lookalike_comparer", rolbypassrls: true },
      { rolname: "lookalike_coordinator", rolbypassrls: true },
      { rolname: "lookalike_exporter", rolbypassrls: false },
      { rolname: "lookalike_hasher", rolbypassrls: true },
    ]);
    await serve("a");
    for (const attempt of [
      "set row_security = off; select from image",
      "alter table image disable row level security",
      "drop policy tenant on image",
      "create policy mine on image using (true)",
      "alter role lookalike_api bypassrls",
    ])
      expect([attempt, await tried(attempt)]).toEqual([attempt, NOT_ALLOWED]);
    await api.query("set row_security = on");
  });
});

describe("connections of a pool", () => {
  let store: Store;
  beforeAll(async () => {
    store = await openStore(servers.postgres.urlOf("api"), "lookalike-test", 2);
  });
  afterAll(() => store.close());
  const catalogsOf = async (tenant: string): Promise<string[]> =>
    (await store.tenants.ofTenant(tenant).db.select().from(schema.catalog)).map(({ id }) => id);

  it("show each user its own rows, whoever used them before", async () => {
    const tenants = Array.from({ length: 300 }, (_, at) => ["a", "b", "c"][(at * 7) % 3] ?? "");
    const found = await Promise.all(tenants.map(catalogsOf));
    expect(found).toEqual(tenants.map((tenant) => (tenant === "c" ? [] : [tenant])));
  });

  it("plan once what is used again and again", async () => {
    for (let use = 0; use < 50; use += 1) await catalogsOf("a");
    const { rows } = await store.tenants
      .ofTenant("a")
      .pool.query<{ statement: string }>("select statement from pg_prepared_statements where generic_plans > 0");
    expect(rows.map(({ statement }) => statement)).toContainEqual(expect.stringContaining('from "catalog"'));
  });

  it("show nobody's rows to who says nothing", async () => {
    await Promise.all([catalogsOf("a"), catalogsOf("b"), catalogsOf("a")]);
    for (let use = 0; use < 4; use += 1)
      expect(await Promise.all([store.db.$count(schema.catalog), store.db.$count(schema.job)])).toEqual([0, 0]);
  });

  it("show the same tenant's rows to the end of a transaction, and after one that failed the next one's", async () => {
    const { db } = store.tenants.ofTenant("a");
    const failing = db.transaction(async (tx) => {
      expect(await tx.$count(schema.catalog)).toBe(1);
      await Promise.all([catalogsOf("b"), catalogsOf("b")]);
      expect((await tx.select().from(schema.catalog)).map(({ id }) => id)).toEqual(["a"]);
      await tx.insert(schema.catalog).values({ id: "b", tenant: "b", name: "stolen", source: OWN_SOURCE });
    });
    await expect(failing).rejects.toMatchObject({ cause: { code: NOT_ALLOWED } });
    expect(await Promise.all(["b", "a", "b"].map(catalogsOf))).toEqual([["b"], ["a"], ["b"]]);
  });

  it("that are returned inside of a transaction are closed", async () => {
    for (let use = 0; use < 2; use += 1) {
      const client = await store.tenants.ofTenant("a").pool.connect();
      await client.query("begin");
      client.release();
      await expect(catalogsOf("b")).rejects.toMatchObject({
        cause: { message: expect.stringContaining("transaction") },
      });
    }
    expect(await catalogsOf("b")).toEqual(["b"]);
  });

  it("take no name that means everybody or nobody for a tenant", () => {
    for (const name of [EVERY_TENANT, ""]) expect(() => store.tenants.ofTenant(name)).toThrow("no tenant");
  });
});

const OWN_SOURCE = { kind: "hashes", file: "/f" } as const;

describe("the services", () => {
  it("write for every tenant, also where the server lets no role pass by the policies", async () => {
    const store = await openStore(servers.postgres.urlOf("comparer"), "lookalike-test", 1);
    const comparison = { ofMaster: 0.5, note: 'a "b"\t{c, \\d}' } as unknown as MemberComparison;
    const relation = { kind: "cropped", probability: 0.9876, via: 7, comparison } as const;
    const none = { kind: null, probability: null, via: null, comparison: null };
    const rows = [
      { lineage: 1, number: 1, ordinal: 1, distance: null, damaged: "a\tb\\", sameFileAs: null, ...relation },
      { lineage: 2, number: 1, ordinal: 2, distance: 3, damaged: null, sameFileAs: 1, ...none },
    ];
    const stored = () =>
      store.inTransaction(async (tx, client) => {
        await tx.execute("savepoint before");
        await copyInto(client, schema.groupMember, rows);
        const found = await tx.select().from(schema.groupMember).where(lessThanLineages);
        await tx.execute("rollback to before");
        return found;
      });
    const lessThanLineages = lt(schema.groupMember.lineage, 3);
    expect(await stored()).toEqual(rows);
    await administrator.query("alter role lookalike_comparer nobypassrls");
    await expect(store.pool.query("copy group_member from stdin").then(() => "copied")).rejects.toMatchObject({
      code: "0A000",
    });
    expect(await stored()).toEqual(rows);
    await administrator.query("alter role lookalike_comparer bypassrls");
    await store.close();
  });

  it("keep their policies over a migration that changes none, and get those of a new version", async () => {
    const policies = async () =>
      (await administrator.query("select oid, polrelid::regclass::text as table from pg_policy order by oid")).rows;
    const before = await policies();
    await servers.postgres.migrate();
    expect(await policies()).toEqual(before);
    await administrator.query("comment on policy tenant on image is 'an earlier version'");
    await administrator.query("alter policy tenant on image using (true)");
    await administrator.query("alter table decision disable row level security");
    await servers.postgres.migrate();
    const changed = (await policies()).filter(({ oid }) => !before.some((row) => row.oid === oid));
    expect(changed.map(({ table }) => table)).toEqual(["image", "image", "decision", "decision"]);
    await administrator.query("grant all on all tables in schema public to lookalike_api");
    await serve("a");
    expect(await tried("select from image")).toBe(1);
  });
});
