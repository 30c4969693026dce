import { createKey, insertAccessKey } from "@lookalike/shared/store/access/access-keys";
import type { Store } from "@lookalike/shared/store/open";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startApp, type TestApp } from "../../../../test/support/app.ts";
import { until } from "../../../../test/support/until.ts";

/** Requests as browsers send them, to every route that the document has. */
let started: TestApp;
let store: Store;
let app: TestApp["app"];

const newKey = async (tenant: string, scope: "read" | "write" | "admin"): Promise<string> => {
  const key = createKey();
  await insertAccessKey(store.db, { key, tenant, name: `${tenant}'s ${scope}`, scope });
  return key;
};
const call = (key: string, method: "GET" | "POST" | "DELETE", url: string, payload?: object) =>
  app.inject({
    method,
    url,
    headers: { authorization: `Bearer ${key}` },
    ...(payload === undefined ? {} : { payload }),
  });

beforeAll(async () => {
  started = await startApp();
  ({ app, store } = started);
});
afterAll(() => started.stop());

/** What a browser sends to an address, with its cookies. */
const browse = (
  method: "GET" | "POST" | "PATCH" | "DELETE",
  url: string,
  {
    payload,
    ...more
  }: {
    cookies?: Record<string, string>;
    headers?: Record<string, string>;
    payload?: object;
    remoteAddress?: string;
  } = {},
) => app.inject({ method, url, ...more, ...(payload === undefined ? {} : { payload }) });

const signIn = async (key: string, headers: Record<string, string> = { host: "127.0.0.1:7373" }) => {
  const answer = await browse("POST", "/v1/session", { payload: { key }, headers });
  const [cookie] = answer.cookies;
  return {
    answer,
    cookies: { [cookie?.name ?? ""]: cookie?.value ?? "" },
    setCookie: String(answer.headers["set-cookie"]),
  };
};
const HERE = { host: "127.0.0.1:7373" };

describe("a browser's session", () => {
  it("is a token of its own in a cookie that scripts and other hosts can't read; only its digest is stored", async () => {
    const key = await newKey("c", "write");
    const { setCookie, cookies } = await signIn(key);
    expect(setCookie).toMatch(
      /^__Host-lookalike-session-7373=lks_[\w-]{43}; Max-Age=34560000; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    );
    expect(setCookie).not.toContain(key.slice(3));
    expect((await browse("GET", "/v1/catalogs", { cookies, headers: HERE })).statusCode).toBe(200);
    const { rows } = await store.pool.query("select session::text as row from session");
    expect(JSON.stringify(rows)).not.toContain(Object.values(cookies)[0]);
    expect((await signIn(createKey())).answer.statusCode).toBe(401);
  });

  it("is secure wherever a browser stores secure cookies: over https, and on the own machine", async () => {
    const key = await newKey("c", "read");
    const proxied = { host: "photos.example", "x-forwarded-proto": "https" };
    const secure = /^__Host-.*; Secure;/;
    expect((await signIn(key, proxied)).setCookie).toMatch(secure);
    for (const host of ["localhost:7373", "[::1]:7373", "127.0.0.1"])
      expect((await signIn(key, { host })).setCookie).toMatch(secure);
    const lan = await signIn(key, { host: "photos.lan:7373" });
    expect(lan.setCookie).toMatch(/^lookalike-session-7373=(?!.*Secure)/);
    expect(
      (await browse("GET", "/v1/catalogs", { cookies: lan.cookies, headers: { host: "photos.lan:7373" } })).statusCode,
    ).toBe(200);
    const payload = { key, insecure: true };
    const plain = await browse("POST", "/v1/session", { payload, headers: HERE });
    expect(plain.headers["set-cookie"]).toMatch(/^lookalike-session-7373=(?!.*Secure)/);
    const overHttps = await browse("POST", "/v1/session", { payload, headers: proxied });
    expect(overHttps.headers["set-cookie"]).toMatch(secure);
    // Nobody but a trusted proxy says what the browser's connection was.
    const untrusted = await browse("POST", "/v1/session", {
      payload: { key },
      headers: proxied,
      remoteAddress: "10.1.2.3",
    });
    expect(untrusted.headers["set-cookie"]).not.toContain("Secure");
  });

  it("is of one host and port, and ends when its browser signs out, and with its key", async () => {
    const admin = await newKey("ends", "admin");
    const [first, second] = [await signIn(admin), await signIn(admin)];
    const statusOf = async ({ cookies }: { cookies: Record<string, string> }, host = HERE.host) =>
      (await browse("GET", "/v1/catalogs", { cookies, headers: { host } })).statusCode;
    const [[, token = ""] = []] = Object.entries(first.cookies);
    expect(await statusOf({ cookies: { "__Host-lookalike-session-7374": token } }, "127.0.0.1:7374")).toBe(401);
    expect(await statusOf({ cookies: { "__Host-lookalike-session-7373": token } }, "localhost:7373")).toBe(401);
    expect(await statusOf(first)).toBe(200);
    const same = { ...HERE, "sec-fetch-site": "same-origin" };
    const out = await browse("DELETE", "/v1/session", { cookies: first.cookies, headers: same });
    expect([out.statusCode, String(out.headers["set-cookie"])]).toEqual([204, expect.stringContaining("Max-Age=0")]);
    expect(out.headers["clear-site-data"]).toBe('"cache"');
    await until(async () => (await statusOf(first)) === 401);
    expect(await statusOf(second)).toBe(200);
    const [{ id }] = (await call(admin, "GET", "/v1/keys")).json().items;
    expect((await call(admin, "DELETE", `/v1/keys/${id}`)).statusCode).toBe(204);
    await until(async () => (await statusOf(second)) === 401);
    const third = await signIn(await newKey("disabled", "read"));
    expect(await statusOf(third)).toBe(200);
    await store.pool.query("insert into tenant (id, disabled_at) values ('disabled', now())");
    await until(async () => (await statusOf(third)) === 401);
  });

  it("is one of a hundred of its key: the next one ends the oldest", async () => {
    const key = await newKey("many", "read");
    const first = await signIn(key);
    for (let session = 0; session < 99; session += 1) await signIn(key);
    const count = async () =>
      (
        await store.pool.query(
          "select count(*)::int as sessions from session join access_key on id = key_id where tenant = 'many'",
        )
      ).rows[0].sessions;
    expect(await count()).toBe(100);
    await signIn(key);
    expect(await count()).toBe(100);
    expect((await browse("GET", "/v1/catalogs", { cookies: first.cookies, headers: HERE })).statusCode).toBe(401);
  });

  it("is of no use to a page of another origin, on any route, with or without a body", async () => {
    const { cookies } = await signIn(await newKey("foreign", "admin"));
    const { paths } = (await app.inject("/openapi.json")).json();
    const walked: string[] = [];
    for (const [path, methods] of Object.entries<Record<string, object>>(paths))
      for (const name of Object.keys(methods)) {
        const method = name.toUpperCase() as "GET";
        const url = path.replaceAll(/\{\w+\}/g, "1");
        const foreign = [
          { "sec-fetch-site": "same-site" },
          { "sec-fetch-site": "cross-site" },
          { origin: "http://127.0.0.1:9999" },
        ];
        // A program that has stolen the cookie sends neither; a browser always does.
        const none = method === "GET" || path === "/v1/session" ? [] : [{}];
        for (const headers of [...foreign, ...none]) {
          const payload = path === "/v1/session" && method !== "GET" ? { payload: { key: "x" } } : {};
          const answer = await browse(method, url, { cookies, headers: { ...HERE, ...headers }, ...payload });
          expect([method, path, headers, answer.statusCode, answer.json().type]).toEqual([
            method,
            path,
            headers,
            403,
            "urn:lookalike:problem:foreign-origin",
          ]);
        }
        walked.push(`${method} ${path}`);
      }
    expect(walked.length).toBeGreaterThan(40);
    const own = { ...HERE, origin: "http://127.0.0.1:7373" };
    expect((await browse("POST", "/v1/keys", { cookies, headers: own, payload: { name: "x" } })).statusCode).toBe(201);
  });
});

describe("every response", () => {
  it("can't be run, framed or read by another origin, whatever it is", async () => {
    const key = await newKey("headers", "read");
    const answers = [
      await call(key, "GET", "/v1/catalogs"),
      await call(key, "GET", "/v1/nowhere"),
      await call(key, "GET", "/v1/catalogs/1"),
      await app.inject("/v1/catalogs"),
      await app.inject({
        method: "POST",
        url: "/v1/session",
        payload: "{",
        headers: { "content-type": "application/json" },
      }),
      ...(await Promise.all(
        [
          "/",
          "/docs",
          "/docs/",
          "/docs/static/swagger-ui.css",
          "/docs/json",
          "/openapi.json",
          "/healthz",
          "/readyz",
          "/x",
        ].map((url) => app.inject(url)),
      )),
    ];
    for (const { headers, raw } of answers)
      expect([raw.req.url, headers]).toEqual([
        raw.req.url,
        expect.objectContaining({
          "content-security-policy": expect.stringMatching(/default-src '(none|self)'.*frame-ancestors 'none'/),
          "cross-origin-resource-policy": "same-origin",
          "referrer-policy": "no-referrer",
          "x-content-type-options": "nosniff",
        }),
      ]);
    for (const { headers, raw } of answers.slice(0, 4))
      expect([raw.req.url, headers["cache-control"]]).toEqual([raw.req.url, "private, no-cache"]);
    const scripts = answers.map(
      ({ headers }) => /script-src[^;]*|default-src[^;]*/.exec(String(headers["content-security-policy"]))?.[0],
    );
    expect(scripts.filter((policy) => policy?.includes("unsafe"))).toEqual([]);
  });
});

describe("HEAD", () => {
  it("is answered wherever GET is, to the same keys and with the same status", async () => {
    const [write, read] = [await newKey("default", "write"), await newKey("default", "read")];
    const source = { kind: "directory", root: started.folder };
    const catalog = (await call(write, "POST", "/v1/catalogs", { name: "head", source })).json().id;
    const job = (await call(write, "POST", `/v1/catalogs/${catalog}/jobs`, {})).json().id;
    const { paths } = (await app.inject("/openapi.json")).json();
    const urls = Object.entries<Record<string, object>>(paths)
      .filter(([, methods]) => "get" in methods)
      .map(([path]) =>
        path
          .replace("{catalog}", catalog)
          .replace("{job}", job)
          .replaceAll(/\{\w+\}/g, "1"),
      );
    expect(urls.length).toBeGreaterThan(20);
    const headers = { authorization: `Bearer ${read}`, accept: "*/*" };
    for (const url of [...urls, "/", "/docs/", "/openapi.json", "/healthz"]) {
      const head = await app.inject({ method: "HEAD", url, headers });
      // An event stream does not end.
      const expected = url.endsWith("/progress") ? 200 : (await app.inject({ url, headers })).statusCode;
      expect([url, head.statusCode, head.body]).toEqual([url, expected, ""]);
    }
  });
});
