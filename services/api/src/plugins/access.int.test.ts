import { once } from "node:events";
import { mkdir, stat, symlink, writeFile } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { directorySource } from "@lookalike/shared/domain/job/source";
import { fingerprintOf } from "@lookalike/shared/sources/listed-file";
import { createKey, insertAccessKey } from "@lookalike/shared/store/access/access-keys";
import { sealingKeysFrom } from "@lookalike/shared/store/access/seal";
import { insertWebhook, sealAgain } from "@lookalike/shared/store/access/webhooks";
import { createCatalog } from "@lookalike/shared/store/catalog/catalogs";
import type { Store } from "@lookalike/shared/store/open";
import { manifestKey } from "@lookalike/shared/store/review/archives";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startApp, type TestApp } from "../../../../test/support/app.ts";
import { until } from "../../../../test/support/until.ts";

let started: TestApp;
let store: Store;
let app: TestApp["app"];
let folder: string;
const REQUESTS_PER_MINUTE = 400;

const tenants = new Map<string, string>();
/** A key of a tenant that has a folder of its own. */
const newKey = async (tenant: string, scope: "read" | "write" | "admin"): Promise<string> => {
  const key = createKey();
  tenants.set(key, tenant);
  if (!started.roots.some((allowed) => allowed.tenant === tenant)) {
    await mkdir(join(folder, tenant));
    await writeFile(join(folder, tenant, "hashes.ndjson"), "");
    started.roots.push({ tenant, root: join(folder, tenant) });
  }
  await insertAccessKey(store.db, { key, tenant, name: `${tenant}'s ${scope}`, scope });
  return key;
};
const call = (
  key: string,
  method: "GET" | "POST" | "PATCH" | "DELETE",
  url: string,
  payload?: object | string,
  headers = {},
) =>
  app.inject({
    method,
    url,
    headers: { authorization: `Bearer ${key}`, ...headers },
    ...(payload === undefined ? {} : { payload }),
  });

beforeAll(async () => {
  started = await startApp({ requestsPerMinute: REQUESTS_PER_MINUTE });
  ({ app, store, folder } = started);
  started.roots.length = 0;
});
afterAll(() => started.stop());

const newCatalog = async (key: string, name: string): Promise<string> => {
  const source = { kind: "hashes", file: join(folder, tenants.get(key) ?? "", "hashes.ndjson") };
  return (await call(key, "POST", "/v1/catalogs", { name, source })).json().id;
};

describe("access keys", () => {
  it("are needed for everything but the session and the documents", async () => {
    const { paths } = (await app.inject("/openapi.json")).json();
    for (const [path, methods] of Object.entries<Record<string, object>>(paths))
      for (const method of Object.keys(methods)) {
        if (path === "/v1/session") continue;
        const url = path.replaceAll(/\{\w+\}/g, "1");
        const answer = await app.inject({ method: method.toUpperCase() as "GET", url });
        expect([url, answer.statusCode, answer.headers["www-authenticate"]]).toEqual([url, 401, "Bearer"]);
        const wrong = await call(createKey(), method.toUpperCase() as "GET", url);
        expect(wrong.statusCode).toBe(401);
      }
    for (const url of ["/healthz", "/openapi.json", "/docs", "/"]) expect((await app.inject(url)).statusCode).toBe(200);
  });

  it("do what their scope allows", async () => {
    const [read, write, admin] = [await newKey("a", "read"), await newKey("a", "write"), await newKey("a", "admin")];
    const catalog = await newCatalog(write, "scopes");
    expect((await call(read, "GET", `/v1/catalogs/${catalog}`)).statusCode).toBe(200);
    const refused = await call(read, "POST", `/v1/catalogs/${catalog}/jobs`, {});
    expect([refused.statusCode, refused.json().type]).toEqual([403, "urn:lookalike:problem:scope"]);
    expect((await call(write, "GET", "/v1/keys")).statusCode).toBe(403);
    expect((await call(admin, "GET", "/v1/keys")).statusCode).toBe(200);
  });

  it("are created, shown once, and revoked; only a digest of them is stored", async () => {
    const admin = await newKey("b", "admin");
    const made = (await call(admin, "POST", "/v1/keys", { name: "Ann", scope: "read" })).json();
    expect((await call(made.key, "GET", "/v1/catalogs")).statusCode).toBe(200);
    const listed = await call(admin, "GET", "/v1/keys");
    expect(listed.json().items.map(({ name }: { name: string }) => name)).toEqual(["b's admin", "Ann"]);
    expect(listed.body).not.toContain(made.key);
    const { rows } = await store.pool.query("select access_key::text as row from access_key");
    expect(JSON.stringify(rows)).not.toContain(made.key);
    expect((await call(admin, "DELETE", `/v1/keys/${made.id}`)).statusCode).toBe(204);
    await until(async () => (await call(made.key, "GET", "/v1/catalogs")).statusCode === 401);
    expect((await call(admin, "DELETE", `/v1/keys/${made.id}`)).statusCode).toBe(404);
  });

  it("bound what they ask for in a minute", async () => {
    const key = await newKey("d", "read");
    const statuses = [];
    for (let request = 0; request <= REQUESTS_PER_MINUTE; request += 1)
      statuses.push((await call(key, "GET", "/v1/catalogs")).statusCode);
    expect([statuses[0], statuses.at(-1)]).toEqual([200, 429]);
    const answer = await call(key, "GET", "/v1/catalogs");
    expect([answer.json().type, answer.headers["retry-after"]]).toEqual([
      "urn:lookalike:problem:too-many-requests",
      expect.anything(),
    ]);
  });
});

describe("another tenant's key", () => {
  it("finds nothing of this one's, on no route", async () => {
    const [mine, theirs] = [await newKey("mine", "admin"), await newKey("theirs", "admin")];
    const catalog = await newCatalog(mine, "private");
    const job = (await call(mine, "POST", `/v1/catalogs/${catalog}/jobs`, {})).json().id;
    await store.pool.query(
      "insert into decision (id, catalog_id, job_id, run, group_number, verdict, members, keep, decided_by) values ('d', $1, $2, 1, 1, 'keep', '{1,2}', '{1}', 'me')",
      [catalog, job],
    );
    await store.pool.query(
      "insert into archive (id, catalog_id, state, folder, total_files) values ('a', $1, 'archived', '/x', 1)",
      [catalog],
    );
    const key = (await call(mine, "GET", "/v1/keys")).json().items[0].id;
    const webhook = (await call(mine, "POST", "/v1/webhooks", { url: "https://example.com/" })).json().id;
    const ids: Record<string, string> = {
      catalog,
      job,
      decision: "d",
      archive: "a",
      key,
      webhook,
      ordinal: "0",
      number: "1",
    };
    const bodies: Record<string, object | string> = {
      "/v1/catalogs/{catalog}/decisions/import": "{}\n",
      "/v1/catalogs/{catalog}/archives/empty": { olderThanSeconds: 0 },
      "/v1/catalogs/{catalog}/decisions/undo": { decisions: ["d"] },
      "/v1/catalogs/{catalog}/jobs": {},
      "/v1/catalogs/{catalog}": { name: "stolen" },
      "/v1/tenants/{tenant}": { disabled: true },
      "/v1/jobs/{job}/groups/{number}/decisions": { verdict: "not-duplicates" },
      "/v1/jobs/{job}/decisions": { kinds: ["exact"] },
      "/v1/catalogs/{catalog}/query": { hash: "0".repeat(64) },
    };
    const queries: Record<string, string> = {
      "delete /v1/catalogs/{catalog}": "?token=x",
      "get /v1/jobs/{job}/reference": "?present=true",
      "get /v1/jobs/{job}/why": "?a=0&b=1",
    };
    const { paths } = (await app.inject("/openapi.json")).json();
    const walked: string[] = [];
    for (const [path, methods] of Object.entries<Record<string, object>>(paths)) {
      if (!path.includes("{")) continue;
      const url = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? name);
      for (const method of Object.keys(methods)) {
        const query = queries[`${method} ${path}`] ?? "";
        const body = method === "get" || method === "delete" ? undefined : (bodies[path] ?? {});
        const headers = {
          ...(path.endsWith("progress") ? { accept: "text/event-stream" } : {}),
          ...(typeof body === "string" ? { "content-type": "application/x-ndjson" } : {}),
        };
        const answer = await call(theirs, method.toUpperCase() as "GET", url + query, body, headers);
        expect([method, path, answer.statusCode]).toEqual([method, path, 404]);
        walked.push(`${method} ${path}`);
      }
    }
    expect(walked.length).toBeGreaterThan(20);
    expect((await call(theirs, "GET", "/v1/catalogs")).json().items).toEqual([]);
    expect((await call(mine, "GET", `/v1/catalogs/${catalog}`)).json().name).toBe("private");
    const { rows } = await store.pool.query("select count(*)::int as decisions from decision where catalog_id = $1", [
      catalog,
    ]);
    expect(rows[0].decisions).toBe(1);
  });
});

describe("tenants", () => {
  it("are made, listed and disabled by an admin key of the operator's tenant, and by no other", async () => {
    const operator = await newKey("default", "admin");
    const created = await call(operator, "POST", "/v1/tenants", { id: "acme" });
    expect([created.statusCode, created.headers["cache-control"]]).toEqual([201, "no-store"]);
    const { key } = created.json().firstKey;
    const own = await call(key, "POST", "/v1/keys", { name: "Ann", scope: "write" });
    expect(own.statusCode).toBe(201);
    const listed = await call(operator, "GET", "/v1/tenants");
    expect(listed.json().items).toContainEqual(
      expect.objectContaining({ id: "acme", disabledAt: null, keys: 2, catalogs: 0 }),
    );
    expect(listed.body).not.toContain(key);
    for (const id of ["acme", "ACME", "a b", "a.b", "*", ">", "", "a".repeat(33)])
      expect((await call(operator, "POST", "/v1/tenants", { id })).statusCode).toBe(id === "acme" ? 409 : 400);

    for (const stranger of [key, own.json().key, await newKey("default", "write")]) {
      expect((await call(stranger, "POST", "/v1/tenants", { id: "more" })).statusCode).toBe(403);
      expect((await call(stranger, "GET", "/v1/tenants")).statusCode).toBe(403);
      expect((await call(stranger, "PATCH", "/v1/tenants/acme", { disabled: true })).statusCode).toBeOneOf([403, 404]);
    }

    expect((await call(operator, "PATCH", "/v1/tenants/acme", { disabled: true })).statusCode).toBe(200);
    for (const refused of [key, own.json().key])
      await until(async () => (await call(refused, "GET", "/v1/catalogs")).statusCode === 401);
    expect((await call(operator, "PATCH", "/v1/tenants/acme", { disabled: false })).json().disabledAt).toBeNull();
    await until(async () => (await call(key, "GET", "/v1/catalogs")).statusCode === 200);
    expect((await call(operator, "PATCH", "/v1/tenants/default", { disabled: true })).statusCode).toBe(409);
    expect((await call(operator, "PATCH", "/v1/tenants/nobody", { disabled: true })).statusCode).toBe(404);
  });
});

describe("an Idempotency-Key", () => {
  it("makes a POST happen once and be answered the same, and refuses another body", async () => {
    const key = await newKey("idem", "write");
    const source = { kind: "hashes", file: join(folder, "idem", "hashes.ndjson") };
    const headers = { "idempotency-key": "one" };
    const first = await call(key, "POST", "/v1/catalogs", { name: "once", source }, headers);
    const again = await call(key, "POST", "/v1/catalogs", { name: "once", source }, headers);
    expect([again.statusCode, again.json(), again.headers["location"]]).toEqual([
      201,
      first.json(),
      first.headers["location"],
    ]);
    expect(again.headers["idempotency-replayed"]).toBe("true");
    const other = await call(key, "POST", "/v1/catalogs", { name: "twice", source }, headers);
    expect([other.statusCode, other.json().type]).toEqual([422, "urn:lookalike:problem:idempotency-key-reused"]);
    expect((await call(key, "GET", "/v1/catalogs")).json().items).toHaveLength(1);
    const elsewhere = await newKey("idem2", "write");
    const theirs = { kind: "hashes", file: join(folder, "idem2", "hashes.ndjson") };
    const made = await call(elsewhere, "POST", "/v1/catalogs", { name: "once", source: theirs }, headers);
    expect(made.statusCode).toBe(201);
  });

  it("has its answer stored sealed: a new key in it is shown to the key that created it, and to nobody else", async () => {
    const [admin, other] = [await newKey("sealed", "admin"), await newKey("sealed", "admin")];
    const headers = { "idempotency-key": "new key" };
    const made = await call(admin, "POST", "/v1/keys", { name: "Ann" }, headers);
    const again = await call(admin, "POST", "/v1/keys", { name: "Ann" }, headers);
    expect([again.statusCode, again.json()]).toEqual([201, made.json()]);
    const refused = await call(other, "POST", "/v1/keys", { name: "Ann" }, headers);
    expect([refused.statusCode, refused.json().type]).toEqual([422, "urn:lookalike:problem:idempotency-key-reused"]);
    const webhook = await call(
      admin,
      "POST",
      "/v1/webhooks",
      { url: "https://example.com/" },
      { "idempotency-key": "hook" },
    );
    const { rows } = await store.pool.query(
      "select idempotent_request::text as row from idempotent_request union all select webhook::text from webhook",
    );
    const stored = JSON.stringify(rows);
    for (const secret of [made.json().key, webhook.json().secret])
      for (const form of [
        secret,
        Buffer.from(secret).toString("base64").slice(0, 40),
        Buffer.from(secret).toString("hex"),
      ])
        expect(stored).not.toContain(form);
  });

  it("of two requests at once lets one through", async () => {
    const key = await newKey("race", "write");
    const catalog = await newCatalog(key, "race");
    const answers = await Promise.all(
      Array.from({ length: 5 }, () =>
        call(key, "POST", `/v1/catalogs/${catalog}/jobs`, {}, { "idempotency-key": "start" }),
      ),
    );
    expect(answers.some(({ statusCode }) => statusCode === 202)).toBe(true);
    expect(answers.every(({ statusCode, body }) => statusCode === 202 || body.includes("in-progress"))).toBe(true);
    expect((await call(key, "GET", `/v1/catalogs/${catalog}/jobs`)).json().items).toHaveLength(1);
  });
});

describe("keys that sign and seal", () => {
  const keysOf = (...names: string[]) => sealingKeysFrom(names.map((name) => Buffer.alloc(32, name)));
  const stored = async (): Promise<Buffer> =>
    (await store.pool.query("select key from signing_key where name = 'archive-manifest'")).rows[0].key;

  it("the key of manifests is stored sealed, also one that an earlier version stored as it is", async () => {
    await store.pool.query("delete from signing_key");
    const key = await manifestKey(store.db, keysOf("a"));
    expect(await manifestKey(store.db, keysOf("b", "a"))).toEqual(key);
    expect((await stored()).includes(key)).toBe(false);
    expect((await stored()).includes(key.toString("base64"))).toBe(false);
    await store.pool.query("update signing_key set key = $1", [key]);
    expect(await manifestKey(store.db, [])).toEqual(key);
    expect(await manifestKey(store.db, keysOf("c"))).toEqual(key);
    expect((await stored()).includes(key)).toBe(false);
    // A lost sealing key costs the signatures of old manifests, whose digests are trusted.
    const other = await manifestKey(store.db, keysOf("d"));
    expect(other).not.toEqual(key);
    expect(await manifestKey(store.db, keysOf("d"))).toEqual(other);
  });

  it("webhooks' secrets are sealed with the first key when keys change, and those of earlier versions, too", async () => {
    const first = keysOf("a");
    const { secret } = await insertWebhook(store.db, first[0] as Buffer, "rotates", "https://example.com/");
    await store.pool.query(
      "insert into webhook (id, tenant, url, secret) values ('old', 'rotates', 'https://e.com/', $1)",
      [secret],
    );
    const row = async () =>
      (await store.pool.query("select secret, sealed_secret from webhook where tenant = 'rotates'")).rows;
    await store.pool.query("delete from webhook where tenant <> 'rotates'");
    expect(await sealAgain(store.db, [])).toBe(2);
    expect(await sealAgain(store.db, keysOf("b", "a"))).toBe(0);
    const sealed = await row();
    expect(sealed.map((webhook) => webhook.secret)).toEqual([null, null]);
    expect(await sealAgain(store.db, keysOf("b"))).toBe(0);
    expect(await row()).toEqual(sealed);
    expect(await sealAgain(store.db, first)).toBe(2);
  });
});

describe("bad input changes nothing", () => {
  it("two people do not rename a catalog at the same time", async () => {
    const key = await newKey("names", "write");
    const catalog = await newCatalog(key, "first");
    const { headers } = await call(key, "GET", `/v1/catalogs/${catalog}`);
    const seen = { "if-match": String(headers["etag"]) };
    expect((await call(key, "PATCH", `/v1/catalogs/${catalog}`, { name: "second" }, seen)).statusCode).toBe(200);
    expect((await call(key, "PATCH", `/v1/catalogs/${catalog}`, { name: "third" }, seen)).statusCode).toBe(412);
    expect((await call(key, "GET", `/v1/catalogs/${catalog}`)).json().name).toBe("second");
  });

  it("names with line breaks are no headers, and odd names come back as they are", async () => {
    const key = await newKey("headers", "write");
    const name = 'a\r\nset-cookie: x=1 "quoted" \u202e é 😀';
    const catalog = await newCatalog(key, name);
    const answer = await call(key, "GET", `/v1/catalogs/${catalog}`);
    expect([answer.json().name, answer.headers["set-cookie"]]).toEqual([name, undefined]);
  });

  it("an upload larger than a picture may be is cut off with a word, while it is still being sent", async () => {
    const key = await newKey("upload", "read");
    const catalog = await newCatalog(await newKey("upload", "write"), "big");
    const address = await app.listen({ port: 0, host: "127.0.0.1" });
    let sent = 0;
    const chunk = new Uint8Array(1_048_576);
    const body = new ReadableStream({
      pull(controller) {
        if (sent >= 1_024) controller.close();
        else controller.enqueue(chunk);
        sent += 1;
      },
    });
    const init = {
      method: "POST",
      duplex: "half",
      body,
      headers: { authorization: `Bearer ${key}`, "content-type": "image/jpeg" },
    };
    const answer = await fetch(`${address}/v1/catalogs/${catalog}/query/image`, init as RequestInit).catch(() => null);
    expect(answer?.status ?? 413).toBe(413);
    expect(sent).toBeLessThan(200);
    const refused = await call(key, "POST", `/v1/catalogs/${catalog}/query/image`, undefined, {
      "content-type": "image/jpeg",
      "content-length": "1073741824",
    });
    expect(refused.statusCode).toBe(413);
  });
});

describe("a source", () => {
  it("must lie under a root, after following links, with the list of its files", async () => {
    const key = await newKey("roots", "write");
    const own = join(folder, "roots");
    await newKey("neighbour", "write");
    await symlink("/etc", join(own, "way-out"));
    await mkdir(join(own, "..odd but inside"));
    const neighbour = join(folder, "neighbour");
    const roots = [
      "/etc",
      join(own, "way-out"),
      `${own}/../../../etc`,
      "relative",
      "/nowhere",
      neighbour,
      `${neighbour}/none`,
    ];
    for (const source of [
      ...roots.map((root) => ({ kind: "directory", root })),
      ...roots.map((root) => ({ kind: "directory", root: own, list: `${root}/passwd` })),
      ...roots.map((root) => ({ kind: "hashes", file: `${root}/passwd` })),
    ]) {
      const answer = await call(key, "POST", "/v1/catalogs", { name: "refused", source });
      // Nobody finds out by this what is there, and what not.
      expect(answer.json().detail).toMatch(
        /^[^:]+: not under a folder of LOOKALIKE_SOURCE_ROOTS for the tenant roots\.$/,
      );
      expect([source, answer.statusCode, answer.json().type]).toEqual([
        source,
        403,
        "urn:lookalike:problem:source-refused",
      ]);
    }
    const source = { kind: "directory", root: join(own, "..odd but inside") };
    expect((await call(key, "POST", "/v1/catalogs", { name: "inside", source })).statusCode).toBe(201);
  });

  it("is chosen among the folders of the tenant alone, by a key that may create catalogs", async () => {
    const key = await newKey("chooser", "write");
    await newKey("others", "write");
    const own = join(folder, "chooser");
    for (const name of ["2019", "2020/raw"]) await mkdir(join(own, name), { recursive: true });
    await symlink(join(folder, "others"), join(own, "link"));
    expect((await call(key, "GET", "/v1/folders")).json().items).toEqual([{ name: own, path: own }]);
    const listed = (await call(key, "GET", `/v1/folders?path=${own}`)).json();
    expect([listed.parent, listed.items.map(({ name }: { name: string }) => name)]).toEqual([null, ["2019", "2020"]]);
    for (const path of [folder, join(folder, "others"), join(own, "link"), `${own}/..`, "/", "/nowhere", "relative"]) {
      const answer = await call(key, "GET", `/v1/folders?path=${path}`);
      expect([path, answer.statusCode, answer.json().type]).toEqual([
        path,
        403,
        "urn:lookalike:problem:source-refused",
      ]);
      expect(answer.json().detail).toBe(
        `${path}: not under a folder of LOOKALIKE_SOURCE_ROOTS for the tenant chooser.`,
      );
    }
    const reader = await newKey("chooser", "read");
    expect((await call(reader, "GET", "/v1/folders")).json().type).toBe("urn:lookalike:problem:scope");
  });

  it("of another tenant gives none of its pictures, by whatever way its catalog was made", async () => {
    const key = await newKey("thief", "admin");
    await newKey("victim", "read");
    const root = join(folder, "victim");
    await writeFile(join(root, "a.jpg"), "private");
    const catalog = await createCatalog(store.db, "thief", "stolen", directorySource(root));
    const id = catalog?.id ?? "";
    const fingerprint = fingerprintOf(await stat(join(root, "a.jpg"), { bigint: true }));
    await store.pool.query(
      "insert into image (catalog_id, ordinal, path, fingerprint, listed_in) values ($1, 0, 'a.jpg', $2, 'j'), ($1, 1, 'none.jpg', 'f', 'j')",
      [id, fingerprint],
    );
    const requests = [
      ...["0/original", "1/original", "0/thumbnail", "1/thumbnail"].map((of) => ["GET", `images/${of}`] as const),
      ...["archives", "archives/recover"].map((of) => ["POST", of] as const),
      ...["archives", "archives/recover"].map((of) => ["POST", `${of}?to=${root}`] as const),
      ...["archives", "archives/recover"].map((of) => ["POST", `${of}?to=${root}/none`] as const),
    ];
    for (const [method, path] of requests) {
      const answer = await call(key, method, `/v1/catalogs/${id}/${path}`);
      expect([path, answer.statusCode, answer.json().type]).toEqual([
        path,
        403,
        "urn:lookalike:problem:source-refused",
      ]);
      expect(answer.json().detail).toMatch(
        /^[^:]+: not under a folder of LOOKALIKE_SOURCE_ROOTS for the tenant thief\.$/,
      );
    }
    const patched = await call(key, "PATCH", `/v1/catalogs/${id}`, { root: join(root, "none") });
    expect([patched.statusCode, patched.json().type]).toEqual([403, "urn:lookalike:problem:source-refused"]);
  });
});

/** A request whose path goes out as it is: fetch and inject would tidy it. */
const rawGet = async (port: number, path: string, key: string): Promise<{ status: number; body: string }> => {
  const sent = request({ port, path, headers: { authorization: `Bearer ${key}` } }).end();
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, body: await text(answer) };
};

describe("a way out of a folder", () => {
  it("leads nowhere, in no part of an address", async () => {
    const key = await newKey("traversal", "admin");
    const { paths } = (await app.inject("/openapi.json")).json();
    const templates = ["/{file}", "/assets/{file}", "/docs/static/{file}", ...Object.keys(paths)];
    const port = (app.server.address() as AddressInfo).port;
    const statuses = new Set<number>();
    for (const way of ["../", "..%2f", "%2e%2e%2f", "%2e%2e/", "..%5c", "....//", "..%00/", "%252e%252e%252f"]) {
      const out = `${way.repeat(12)}etc${way.endsWith("/") ? "/" : way.slice(-3)}passwd`;
      for (const template of templates.filter((path) => path.includes("{") && !path.endsWith("/progress"))) {
        const { status, body } = await rawGet(port, template.replaceAll(/\{\w+\}/g, out), key);
        expect([template, way, body]).toEqual([template, way, expect.not.stringMatching(/root:.*:0:0/)]);
        statuses.add(status);
      }
    }
    expect([...statuses].filter((status) => status >= 429)).toEqual([]);
  });
});
