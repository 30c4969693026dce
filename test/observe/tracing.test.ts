import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { readStream } from "@lookalike/shared/bus/read";
import { STREAMS, subjects } from "@lookalike/shared/bus/topology";
import { directorySource, Source } from "@lookalike/shared/domain/job/source";
import { createKey } from "@lookalike/shared/store/access/access-keys";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { dumpInto, filesWithSecrets } from "../support/left-behind.ts";
import { makePhotographs } from "../support/photographs.ts";
import { connectTo, TEST_KEY, WITH_KEY } from "../support/servers.ts";
import { finished, type System, startSystem } from "../support/system.ts";
import { until } from "../support/until.ts";

const Span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
});
const Export = z.object({
  resourceSpans: z.array(z.object({ scopeSpans: z.array(z.object({ spans: z.array(Span) })) })),
});
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const CALLER = "b7ad6b7169203331";

const spans: z.infer<typeof Span>[] = [];
const exported: unknown[] = [];
const S3_SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
/** Takes what an OpenTelemetry collector would: OTLP over HTTP, as JSON. */
const collector = createServer(async (request, response) => {
  const body = await json(request);
  exported.push(body);
  const { resourceSpans } = Export.parse(body);
  spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
  response.writeHead(200, { "content-type": "application/json" }).end("{}");
});
let system: System;

beforeAll(async () => {
  collector.listen(0, "127.0.0.1");
  await once(collector, "listening");
  system = await startSystem({
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
    OTEL_BSP_SCHEDULE_DELAY: "200",
    LOG_LEVEL: "debug",
    LOOKALIKE_METRICS_PORT: "0",
    LOOKALIKE_SOURCE_BUCKETS: "pictures",
    AWS_ENDPOINT_URL_S3: "http://127.0.0.1:1",
    AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
    AWS_SECRET_ACCESS_KEY: S3_SECRET,
  });
});
afterAll(async () => {
  await system.stop();
  collector.close();
});

it("one trace leads from the request through tasks and events to the groups", async () => {
  const folder = system.path("photographs");
  await makePhotographs(folder, 12, 240);
  const catalog = await system.client.openCatalog("photographs", directorySource(folder));
  const answer = await fetch(`${system.address}/v1/catalogs/${catalog}/jobs`, {
    method: "POST",
    headers: { ...WITH_KEY, "content-type": "application/json", traceparent: `00-${TRACE}-${CALLER}-01` },
    body: JSON.stringify({ blockSize: 4, pairsPerTask: 2 }),
  });
  const { id } = z.object({ id: z.string() }).parse(await answer.json());
  await finished(system.client, id);

  const ours = () => spans.filter(({ traceId }) => traceId === TRACE);
  await until(() => ours().some(({ name }) => name === "finalize"));
  const names = new Map<string, number>();
  for (const { name } of ours()) names.set(name, (names.get(name) ?? 0) + 1);
  expect(Object.fromEntries(names)).toMatchObject({
    "POST /v1/catalogs/:catalog/jobs": 1,
    "scan task": 1,
    "hash task": 3,
    "compare task": 3,
    finalize: 1,
  });
  expect(names.get("project")).toBeGreaterThan(3);
  // Every span hangs on another one of the trace, up to the caller's.
  await until(() => {
    const known = new Set([CALLER, ...ours().map(({ spanId }) => spanId)]);
    return ours().every(({ parentSpanId }) => known.has(parentSpanId ?? ""));
  });

  const { bus, close } = await connectTo(system.servers.environment);
  const parents = new Set<string>();
  for await (const { body } of readStream(bus, STREAMS.events, subjects.eventsOf(id)))
    parents.add(z.object({ traceparent: z.string() }).parse(body).traceparent.split("-")[1] ?? "");
  await close();
  expect([...parents]).toEqual([TRACE]);
  const lines = (await readFile(system.path("logs/hasher.log"), "utf8")).trim().split("\n");
  const listed = lines
    .map((line) => JSON.parse(line) as { msg: string; job: string })
    .find(({ msg }) => msg === "listed");
  expect(listed).toMatchObject({ job: id, kind: "scan", task: 0, attempt: 0, traceId: TRACE });
  const log = await readFile(system.path("logs/coordinator.log"), "utf8");
  const steps = log
    .trim()
    .split("\n")
    .map((line) => z.object({ job: z.string().optional(), to: z.string().optional() }).parse(JSON.parse(line)))
    .filter(({ job, to }) => job === id && to !== undefined)
    .map(({ to }) => to);
  expect(steps).toEqual(["listing", "running", "finalizing", "completed"]);
});

/** Requests a route with a new Idempotency-Key, so that its answer is stored. */
const post = async (path: string, body: object, headers: Record<string, string> = WITH_KEY) => {
  const answer = await fetch(`${system.address}/v1${path}`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json", "idempotency-key": randomUUID() },
    body: JSON.stringify(body),
  });
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the API answers
  const json: any = answer.status === 204 ? null : await answer.json();
  return { status: answer.status, json, cookies: answer.headers.getSetCookie() };
};

/** Files that are the secrets' home: passwords of PostgreSQL's roles, and seeds of the users of NATS. */
const HOMES = /^data\/(?:secret|(?:nats|postgres)-users\/[\w.-]+)$|\.nk$/;

it("no secret that a run used is left anywhere but in the files that are its home", async () => {
  const { folder, environment } = system.servers;
  const key = (await post("/keys", { name: "left behind", scope: "read" })).json.key;
  const tenantKey = (await post("/tenants", { id: "left-behind" })).json.firstKey.key;
  const webhook = (await post("/webhooks", { url: "https://example.com/hook" })).json.secret;
  const [cookie = ""] = (await post("/session", { key })).cookies;
  const session = /=(lks_[\w-]+)/.exec(cookie)?.[1];
  const wrongKey = createKey();
  expect((await post("/catalogs", {}, { authorization: `Bearer ${wrongKey}` })).status).toBe(401);
  expect((await fetch(`${system.address}/v1/nowhere?key=${key}`, { headers: WITH_KEY })).status).toBe(404);
  // A source that can't be read, and a statement that fails: both are logged, the first is an event, too.
  const failed = await system.run(Source.parse({ kind: "s3", bucket: "pictures" }), {}, "s3");
  expect(failed.state).toBe("failed");
  const { bus, store, close } = await connectTo(environment);
  await store.pool.query("alter table webhook rename to webhook_away");
  expect((await post("/webhooks", { url: "https://example.com/hook" })).status).toBe(500);
  await store.pool.query("alter table webhook_away rename to webhook");
  await until(async () => (await readFile(system.path("logs/api.log"), "utf8")).includes("failed query"));

  await dumpInto(folder, { bus, store });
  await close();
  await writeFile(system.path("traces.json"), JSON.stringify(exported));
  for (const name of ["api", "coordinator", "hasher", "comparer"] as const) {
    const address = system.services.metricsAddress(name);
    await writeFile(system.path(`metrics-${name}.txt`), await (await fetch(`${address}/metrics`)).text());
  }
  const files = (await readdir(folder, { recursive: true })).filter((path) => HOMES.test(path)).sort();
  const homes = await Promise.all(files.map(async (path) => (await readFile(system.path(path), "utf8")).trim()));
  const { LOOKALIKE_SEALING_KEY: sealingKey = "" } = environment;
  const used = [TEST_KEY, key, tenantKey, webhook, session, wrongKey, S3_SECRET, sealingKey, ...homes];
  expect(used.filter((secret) => secret === undefined || secret.length < 20)).toEqual([]);
  expect(homes.length).toBeGreaterThan(4);
  expect(await filesWithSecrets(folder, used as string[])).toEqual(files);
});
