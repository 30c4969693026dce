import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { emptySet } from "@lookalike/shared/domain/primitives/bit-set";
import { insertAccessKey } from "@lookalike/shared/store/access/access-keys";
import type { Store } from "@lookalike/shared/store/open";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startApp, type TestApp } from "../../../test/support/app.ts";
import { ROOT } from "../../../test/support/folders.ts";
import { TEST_KEY, WITH_KEY } from "../../../test/support/servers.ts";

const source = { kind: "hashes", file: "" };
let started: TestApp;
let store: Store;
let app: TestApp["app"];
let folder: string;
const health = { nats: true };

beforeAll(async () => {
  started = await startApp({ nats: () => health.nats });
  ({ app, store, folder } = started);
  await insertAccessKey(store.db, { key: TEST_KEY, tenant: "default", name: "owner", scope: "admin" });
  source.file = join(folder, "pictures.ndjson");
  await writeFile(source.file, "");
});
afterAll(() => started.stop());

const headers = WITH_KEY;
const post = (url: string, payload: object) => app.inject({ method: "POST", url, headers, payload });
const get = (url: string) => app.inject({ method: "GET", url, headers });
const newCatalog = async (name: string): Promise<string> => (await post("/v1/catalogs", { name, source })).json().id;

describe("catalogs", () => {
  it("are created, read, and listed page by page", async () => {
    const created = await post("/v1/catalogs", { name: "a", source });
    expect([created.statusCode, created.headers["location"]]).toEqual([201, `/v1/catalogs/${created.json().id}`]);
    expect((await get(`/v1/catalogs/${created.json().id}`)).json()).toEqual(created.json());
    for (const name of ["b", "c", "d"]) await newCatalog(name);
    const names: string[] = [];
    for (let cursor = ""; ; ) {
      const page = (await get(`/v1/catalogs?limit=2${cursor && `&cursor=${cursor}`}`)).json();
      names.push(...page.items.map((item: { name: string }) => item.name));
      if (page.next === null) break;
      cursor = page.next;
    }
    expect(names.sort()).toEqual(["a", "b", "c", "d"]);
    expect((await get("/v1/catalogs?name=c")).json().items).toHaveLength(1);
  });

  it("have names of their own", async () => {
    expect((await post("/v1/catalogs", { name: "a", source })).statusCode).toBe(409);
  });
});

describe("jobs", () => {
  it("are listed page by page, newest first, and none twice when another one starts meanwhile", async () => {
    const catalog = await newCatalog("many jobs");
    const start = async (): Promise<string> => {
      await store.pool.query("update job set state = 'cancelled' where catalog_id = $1", [catalog]);
      return (await post(`/v1/catalogs/${catalog}/jobs`, {})).json().id;
    };
    const started = [];
    for (let at = 0; at < 5; at += 1) started.push(await start());
    const listed: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page: { items: { id: string }[]; next: string | null } = (
        await get(`/v1/catalogs/${catalog}/jobs?limit=2${cursor && `&cursor=${cursor}`}`)
      ).json();
      listed.push(...page.items.map(({ id }) => id));
      if (cursor === "") await start();
      cursor = page.next;
    }
    expect(listed).toEqual(started.reverse());
  });

  it("are accepted with their event in the outbox, in one transaction", async () => {
    const catalog = await newCatalog("with a job");
    const answer = await post(`/v1/catalogs/${catalog}/jobs`, { thresholdBits: 7 });
    expect([answer.statusCode, answer.headers["location"]]).toEqual([202, `/v1/jobs/${answer.json().id}`]);
    expect(answer.json()).toMatchObject({
      state: "accepted",
      phase: "listing",
      options: { thresholdBits: 7, dispatch: "window", batchSize: 100 },
      totalImages: 0,
      etaSeconds: null,
    });
    const { rows } = await store.pool.query("select subject, body from outbox where body->>'job' = $1", [
      answer.json().id,
    ]);
    expect(rows).toMatchObject([
      {
        subject: expect.stringMatching(/^lookalike\.event\.\d\d\.default\..*\.job-accepted$/),
        body: { type: "job-accepted" },
      },
    ]);
    expect((await get(`/v1/catalogs/${catalog}/jobs`)).json().items).toHaveLength(1);
  });

  it("run one at a time on a catalog, and keep its block size", async () => {
    const catalog = await newCatalog("busy");
    const racers = await Promise.all(Array.from({ length: 5 }, () => post(`/v1/catalogs/${catalog}/jobs`, {})));
    expect(racers.map(({ statusCode }) => statusCode).sort()).toEqual([202, 409, 409, 409, 409]);
    const second = await post(`/v1/catalogs/${catalog}/jobs`, {});
    expect([second.statusCode, second.json().type]).toEqual([409, "urn:lookalike:problem:job-active"]);
    await store.pool.query("update catalog set block_size = 250 where id = $1", [catalog]);
    const other = await post(`/v1/catalogs/${catalog}/jobs`, { blockSize: 100 });
    expect([other.statusCode, other.json().detail]).toEqual([409, expect.stringContaining("blocks of 250 images")]);
  });

  it("are paused, resumed and cancelled by events", async () => {
    const { id } = (await post(`/v1/catalogs/${await newCatalog("paused")}/jobs`, {})).json();
    for (const verb of ["pause", "resume", "cancel"])
      expect((await post(`/v1/jobs/${id}/${verb}`, {})).statusCode).toBe(202);
    const { rows } = await store.pool.query(
      "select body->>'type' as type from outbox where body->>'job' = $1 order by created_at",
      [id],
    );
    expect(rows.map(({ type }) => type)).toEqual(["job-accepted", "job-paused", "job-resumed", "job-cancelled"]);
  });
});

describe("bad requests get problem details and change nothing", () => {
  it.each([
    ["POST", "/v1/catalogs", { name: "", source }, 400],
    ["POST", "/v1/catalogs", { name: "x", source: { kind: "ftp" } }, 400],
    ["POST", "/v1/catalogs/none/jobs", {}, 404],
    ["POST", "/v1/catalogs/none/jobs", { thresholdBits: 65 }, 400],
    ["POST", "/v1/catalogs/none/jobs", { grouping: "lumps" }, 400],
    ["POST", "/v1/jobs/none/cancel", {}, 404],
    ["GET", "/v1/jobs/none", undefined, 404],
    ["GET", "/v1/jobs/none/groups", undefined, 404],
    ["GET", "/v1/catalogs?limit=0", undefined, 400],
    ["GET", "/v1/catalogs?cursor=%00", undefined, 400],
    ["GET", "/v1/catalogs?cursor=MTIz", undefined, 400],
    ["GET", "/nowhere", undefined, 404],
    ["GET", "/v1/catalogs/%00", undefined, 400],
    ["GET", "/v1/catalogs?name=%00", undefined, 400],
    ["GET", `/v1/catalogs?cursor=${Buffer.from('"\\u0000"').toString("base64url")}`, undefined, 400],
    ["GET", `/v1/jobs/${"x".repeat(500)}`, undefined, 414],
    ["GET", "/v1/jobs/..%2f..%2fetc%2fpasswd", undefined, 404],
    ["GET", "/v1/catalogs/%ff", undefined, 400],
  ] as const)("%s %s %j: %i", async (method, url, payload, status) => {
    const answer = await app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
    expect([answer.statusCode, answer.headers["content-type"]]).toEqual([
      status,
      expect.stringContaining("application/problem+json"),
    ]);
    expect(answer.json()).toMatchObject({ type: expect.stringMatching(/^urn:lookalike:problem:/), status });
  });

  it("a body that is no JSON, or too large", async () => {
    const headers = { ...WITH_KEY, "content-type": "application/json" };
    expect((await app.inject({ method: "POST", url: "/v1/catalogs", headers, payload: "{" })).statusCode).toBe(400);
    expect(
      (await app.inject({ method: "POST", url: "/v1/catalogs", headers, payload: `"${"x".repeat(2_000_000)}"` }))
        .statusCode,
    ).toBe(413);
  });
});

describe("what operators and clients read", () => {
  it("readiness reports NATS and PostgreSQL separately", async () => {
    expect((await get("/readyz")).json()).toEqual({ postgres: true, nats: true });
    health.nats = false;
    const answer = await get("/readyz");
    expect([answer.statusCode, answer.json()]).toEqual([503, { postgres: true, nats: false }]);
    health.nats = true;
  });

  it("the client is generated from the document as it is: pnpm generate:client", async () => {
    expect(JSON.parse(await readFile(join(ROOT, "packages/client/openapi.json"), "utf8"))).toEqual(
      (await get("/openapi.json")).json(),
    );
  });

  it("the OpenAPI document describes every route", async () => {
    const { openapi, paths } = (await get("/openapi.json")).json();
    expect(openapi).toBe("3.1.0");
    expect(Object.keys(paths).sort()).toMatchInlineSnapshot(`
      [
        "/v1/archives/{archive}",
        "/v1/archives/{archive}/restore",
        "/v1/catalogs",
        "/v1/catalogs/{catalog}",
        "/v1/catalogs/{catalog}/archives",
        "/v1/catalogs/{catalog}/archives/empty",
        "/v1/catalogs/{catalog}/archives/recover",
        "/v1/catalogs/{catalog}/decisions",
        "/v1/catalogs/{catalog}/decisions/export",
        "/v1/catalogs/{catalog}/decisions/import",
        "/v1/catalogs/{catalog}/decisions/undo",
        "/v1/catalogs/{catalog}/decisions/{decision}",
        "/v1/catalogs/{catalog}/decisions/{decision}/undo",
        "/v1/catalogs/{catalog}/deletion",
        "/v1/catalogs/{catalog}/images",
        "/v1/catalogs/{catalog}/images/{ordinal}",
        "/v1/catalogs/{catalog}/images/{ordinal}/original",
        "/v1/catalogs/{catalog}/images/{ordinal}/thumbnail",
        "/v1/catalogs/{catalog}/jobs",
        "/v1/catalogs/{catalog}/missing-images",
        "/v1/catalogs/{catalog}/query",
        "/v1/catalogs/{catalog}/query/image",
        "/v1/catalogs/{catalog}/statistics",
        "/v1/folders",
        "/v1/jobs/{job}",
        "/v1/jobs/{job}/cancel",
        "/v1/jobs/{job}/damaged",
        "/v1/jobs/{job}/decisions",
        "/v1/jobs/{job}/export",
        "/v1/jobs/{job}/failures",
        "/v1/jobs/{job}/groups",
        "/v1/jobs/{job}/groups/{number}",
        "/v1/jobs/{job}/groups/{number}/decisions",
        "/v1/jobs/{job}/pause",
        "/v1/jobs/{job}/progress",
        "/v1/jobs/{job}/reference",
        "/v1/jobs/{job}/resume",
        "/v1/jobs/{job}/unlisted-files",
        "/v1/jobs/{job}/why",
        "/v1/keys",
        "/v1/keys/{key}",
        "/v1/session",
        "/v1/tenants",
        "/v1/tenants/{tenant}",
        "/v1/webhooks",
        "/v1/webhooks/{webhook}",
        "/v1/webhooks/{webhook}/deliveries",
      ]
    `);
    expect((await get("/docs")).statusCode).toBe(200);
  });
});

describe("a job that was restored with nothing done", () => {
  it("keeps its sets as they are stored", async () => {
    const { rows } = await store.pool.query("select blocks_done from job limit 1");
    expect(new Uint8Array(rows[0].blocks_done)).toEqual(emptySet(0));
  });
});
