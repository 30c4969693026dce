import { once } from "node:events";
import { readdir, writeFile } from "node:fs/promises";
import { get, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { createKey, insertAccessKey } from "@lookalike/shared/store/access/access-keys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startApp, type TestApp } from "../../../../test/support/app.ts";
import { TEST_KEY, WITH_KEY } from "../../../../test/support/servers.ts";
import { until } from "../../../../test/support/until.ts";
import { ACTIVE_JOBS, LIMITS, WRONG_KEYS_PER_MINUTE } from "./limits.ts";

const REQUEST_MS = 1_000;
const BODY = JSON.stringify({ name: "slow", source: { kind: "directory", root: "/" } });
const SLOW_READER = { bytes: 4_096, seconds: 1 };
const POOL = 4;
let started: TestApp;
let address: URL;
let catalog: string;
let job: string;

const post = async (path: string, body: object): Promise<{ id: string }> => {
  const headers = { ...WITH_KEY, "content-type": "application/json" };
  const answer = await fetch(new URL(path, address), { method: "POST", headers, body: JSON.stringify(body) });
  return (await answer.json()) as { id: string };
};

beforeAll(async () => {
  started = await startApp({ requestMs: REQUEST_MS, connections: { maxConnections: 100, slowReader: SLOW_READER } });
  await insertAccessKey(started.store.db, { key: TEST_KEY, tenant: "default", name: "owner", scope: "admin" });
  address = new URL(await started.app.listen({ port: 0, host: "127.0.0.1" }));
  const file = join(started.folder, "hashes.ndjson");
  await writeFile(file, "");
  catalog = (await post("/v1/catalogs", { name: "a", source: { kind: "hashes", file } })).id;
  job = (await post(`/v1/catalogs/${catalog}/jobs`, {})).id;
});
afterAll(() => started.stop());

const connected = async (): Promise<Socket> => {
  const socket = connect(Number(address.port), address.hostname);
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
};

/** Sends the text at once, then the rest letter by letter for as long as the server listens; gives its answer. Without a rest it waits for that. */
const trickle = async (atOnce: string, rest: string): Promise<string> => {
  const socket = await connected();
  socket.setEncoding("utf8");
  let answer = "";
  socket.on("data", (text) => {
    answer += text;
  });
  const closed = once(socket, "close");
  socket.write(atOnce);
  for (const letter of rest) {
    if (socket.destroyed || answer !== "") break;
    socket.write(letter);
    await sleep(200);
  }
  if (rest === "") await once(socket, "data");
  socket.end();
  await closed;
  return answer;
};

const HEAD = `POST /v1/catalogs HTTP/1.1\r\nhost: here\r\nauthorization: Bearer ${TEST_KEY}\r\ncontent-type: application/json\r\n`;

it("a health check is answered before requests that arrived with it", async () => {
  const sockets = await Promise.all(Array.from({ length: 60 }, connected));
  const order: string[] = [];
  const answered = sockets.map(async (socket, at) => {
    const path = at === 59 ? "/healthz" : "/openapi.json";
    socket.write(`GET ${path} HTTP/1.1\r\nhost: here\r\n\r\n`);
    await once(socket, "data");
    order.push(path);
    socket.destroy();
  });
  await Promise.all(answered);
  expect(order.indexOf("/healthz")).toBeLessThan(30);
});

describe("a client that trickles its request", () => {
  it("gets a problem and is disconnected, with nothing changed, while others are served", async () => {
    const [slowBody, slowHead, quick] = await Promise.all([
      trickle(`${HEAD}content-length: ${BODY.length}\r\n\r\n`, BODY),
      trickle(HEAD, `x-slow: ${"x".repeat(50)}`),
      fetch(new URL("/v1/catalogs", address), { headers: WITH_KEY }),
    ]);
    expect(quick.status).toBe(200);
    for (const answer of [slowBody, slowHead]) {
      expect(answer).toMatch(/^HTTP\/1\.1 408 /);
      expect(JSON.parse(answer.split("\r\n\r\n")[1] ?? "")).toMatchObject({
        type: "urn:lookalike:problem:request-timeout",
        status: 408,
      });
    }
    const { rows } = await started.store.pool.query("select name from catalog");
    expect(rows).toEqual([{ name: "a" }]);
  });

  it("what is no HTTP, and headers without end, are answered as problems", async () => {
    expect(await trickle("HELLO\r\n\r\n", "")).toMatch(/^HTTP\/1\.1 400 .*problem\+json.*invalid-request/s);
    expect(await trickle(`${HEAD}x-long: ${"x".repeat(100_000)}\r\n\r\n`, "")).toMatch(/^HTTP\/1\.1 431 /);
  });
});

describe("a body", () => {
  it.each(["/nowhere", "/v1/nowhere", "/v1/catalogs"])("that nobody may send to %s is not waited for", async (path) => {
    const head = `POST ${path} HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n`;
    expect(await trickle(head, "")).toMatch(/^HTTP\/1\.1 40[14] /);
  });

  it("larger than the limit is refused with the limit and what to do, announced or not", async () => {
    const send = (headers: Record<string, string>) =>
      started.app.inject({
        method: "POST",
        url: `/v1/catalogs/${catalog}/decisions/import`,
        headers: { ...WITH_KEY, "content-type": "application/x-ndjson", ...headers },
        payload: Buffer.alloc(LIMITS.import.bodyBytes + 1, "\n"),
      });
    for (const headers of [{}, { "content-length": "", "transfer-encoding": "chunked" }]) {
      const answer = await send(headers);
      expect([answer.statusCode, answer.json().type]).toEqual([413, "urn:lookalike:problem:body-too-large"]);
      expect(answer.json().detail).toMatch(/67108864 bytes.*Split the file/);
    }
  });
});

describe("an import", () => {
  const send = (payload: string) =>
    started.app.inject({
      method: "POST",
      url: `/v1/catalogs/${catalog}/decisions/import`,
      headers: { ...WITH_KEY, "content-type": "application/x-ndjson", "idempotency-key": payload.slice(0, 9) },
      payload,
    });
  const line = JSON.stringify({
    verdict: "not-duplicates",
    members: ["a", "b"].map((path) => ({ path, sha256: "0".repeat(64), keep: true })),
    decidedBy: "me",
    decidedAt: "2026-01-01T00:00:00.000Z",
  });

  it("is read in another thread, whose problems are answered", async () => {
    const bad = await send(`\n${line}\r\n{}\n`);
    expect([bad.statusCode, bad.json().detail]).toEqual([422, expect.stringMatching(/^Line 3 is not a decision/)]);
    const early = await send(line);
    expect([early.statusCode, early.json().type]).toEqual([409, "urn:lookalike:problem:not-scanned"]);
  });

  it("leaves no file", async () => {
    const [spool = ""] = (await readdir(started.folder)).filter((name) => name.startsWith("lookalike-api-"));
    await until(async () => (await readdir(join(started.folder, spool))).length === 0);
  });
});

/** Opens an event stream; the response has no end while the job is not over. */
const openStream = async (key: string): Promise<IncomingMessage> => {
  const headers = { authorization: `Bearer ${key}`, accept: "text/event-stream" };
  const [response] = await once(
    get(new URL(`/v1/jobs/${job}/progress`, address), { headers, agent: false }),
    "response",
  );
  return response as IncomingMessage;
};

describe("jobs that are not over", () => {
  it("of a tenant have a number: one more gets 429 with Retry-After", async () => {
    const file = join(started.folder, "hashes.ndjson");
    const { id } = await post("/v1/catalogs", { name: "one more", source: { kind: "hashes", file } });
    const start = () =>
      started.app.inject({ method: "POST", url: `/v1/catalogs/${id}/jobs`, headers: WITH_KEY, payload: {} });
    const fill = (tenant: string, jobs: number) =>
      started.store.pool.query(
        `insert into job (id, tenant, catalog_id, mode, options, state, phase, accepted_at, blocks_done, blocks_quarantined, tasks_done, tasks_quarantined)
         select $1 || '-' || n, $1, 'full', 'new', '{}', 'running', 'hashing', now(), '', '', '', '' from generate_series(1, $2::int) n`,
        [tenant, jobs],
      );
    await fill("default", ACTIVE_JOBS.perTenant - 1);
    const refused = await start();
    expect([refused.statusCode, refused.headers["retry-after"], refused.json().type]).toEqual([
      429,
      `${ACTIVE_JOBS.retrySeconds}`,
      "urn:lookalike:problem:too-many-jobs",
    ]);
    await started.store.pool.query("update job set tenant = 'another' where catalog_id = 'full'");
    // Those of all tenants have one, too.
    const { rows } = await started.store.pool.query<{ jobs: number }>("select count_active_jobs() as jobs");
    const [active] = rows;
    if (active === undefined) throw new Error("no count");
    await fill("many", ACTIVE_JOBS.inAll - active.jobs);
    const full = await start();
    expect([full.statusCode, full.headers["retry-after"], full.json().detail]).toEqual([
      429,
      `${ACTIVE_JOBS.retrySeconds}`,
      expect.stringMatching(/of all tenants/),
    ]);
    await started.store.pool.query("delete from job where id = 'many-1'");
    expect((await start()).statusCode).toBe(202);
    await started.store.pool.query("delete from job where catalog_id = 'full'");
  });
});

describe("event streams", () => {
  it("of a key have a number, and end with the key", async () => {
    const key = createKey();
    const row = await insertAccessKey(started.store.db, { key, tenant: "default", name: "streams", scope: "read" });
    const streams = await Promise.all(Array.from({ length: LIMITS.stream.perKey }, () => openStream(key)));
    expect(streams.map(({ statusCode }) => statusCode)).toEqual(Array(LIMITS.stream.perKey).fill(200));
    const refused = await openStream(key);
    expect([refused.statusCode, refused.headers["retry-after"]]).toEqual([429, "2"]);
    expect(JSON.parse(await text(refused)).detail).toContain("20 requests of this kind (event streams of jobs)");
    streams[0]?.destroy();
    await until(async () => {
      const another = await openStream(key);
      streams.push(another);
      return another.statusCode === 200;
    });
    await started.app.inject({ method: "DELETE", url: `/v1/keys/${row?.id}`, headers: WITH_KEY });
    await Promise.all(streams.slice(1).map((stream) => text(stream)));
  });
});

describe("wrong keys", () => {
  it("are limited by address, while a right one from there is served", async () => {
    const send = (key: string) =>
      started.app.inject({
        url: "/v1/catalogs",
        remoteAddress: `2001:db8::${Math.floor(Math.random() * 65_535).toString(16)}`,
        headers: { authorization: `Bearer ${key}` },
      });
    for (let at = 0; at < WRONG_KEYS_PER_MINUTE; at += 1)
      expect((await send(at % 2 === 0 ? createKey() : "guess")).statusCode).toBe(401);
    const refused = await send(createKey());
    expect([refused.statusCode, refused.headers["retry-after"]]).toEqual([429, expect.stringMatching(/^\d+$/)]);
    const session = await started.app.inject({
      method: "POST",
      url: "/v1/session",
      remoteAddress: "2001:db8::1",
      payload: { key: createKey() },
    });
    expect(session.statusCode).toBe(429);
    expect((await send(TEST_KEY)).statusCode).toBe(200);
    expect((await started.app.inject({ url: "/v1/catalogs", remoteAddress: "2001:db8:1::1" })).statusCode).toBe(401);
  });
});

it("a client that does not read its responses is disconnected", async () => {
  const accepted = once(started.app.server, "connection");
  const socket = await connected();
  const [ours] = (await accepted) as [Socket];
  socket.pause();
  // More than the kernel stores for both ends.
  socket.write("GET /openapi.json HTTP/1.1\r\nhost: here\r\n\r\n".repeat(200));
  await once(ours, "close");
  socket.destroy();
});

it("health is answered while every connection to the database is busy", async () => {
  const clients = await Promise.all(Array.from({ length: POOL }, () => started.store.pool.connect()));
  const waiting = started.app.inject({ url: "/v1/catalogs/none", headers: WITH_KEY });
  expect((await started.app.inject("/readyz")).json()).toEqual({ postgres: true, nats: true });
  expect((await started.app.inject("/healthz")).statusCode).toBe(200);
  for (const client of clients) client.release();
  expect((await waiting).statusCode).toBe(404);
});
