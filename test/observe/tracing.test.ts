import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { readStream } from "@lookalike/shared/bus/read";
import { STREAMS, subjects } from "@lookalike/shared/bus/topology";
import { directorySource } from "@lookalike/shared/domain/job/source";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { makePhotographs } from "../support/photographs.ts";
import { connectTo, WITH_KEY } from "../support/servers.ts";
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
/** Takes what an OpenTelemetry collector would: OTLP over HTTP, as JSON. */
const collector = createServer(async (request, response) => {
  const { resourceSpans } = Export.parse(await json(request));
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
    LOG_LEVEL: "info",
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
