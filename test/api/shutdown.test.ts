import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeHashes } from "../support/hashes.ts";
import { WITH_KEY } from "../support/servers.ts";
import { type System, startSystem } from "../support/system.ts";
import { until } from "../support/until.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem({ LOG_LEVEL: "info" });
});
afterAll(() => system.stop());

const post = (path: string) =>
  fetch(`${system.services.address}/v1${path}`, {
    method: "POST",
    headers: { ...WITH_KEY, "content-type": "application/json" },
    body: "{}",
  });

it("an API that is stopped ends its streams, answers requests in progress, and starts again", async () => {
  const file = system.path("hashes.ndjson");
  await writeHashes(file, { images: 20_000, bits: 256, seed: 5, copiesPerThousand: 50 });
  const catalog = await system.client.openCatalog("shutdown", { kind: "hashes", file });
  const { id } = await system.client.startJob(catalog, {});
  await post(`/jobs/${id}/pause`);
  await until(async () => (await system.client.readJob(id)).paused);

  const pid = system.services.pid("api");
  const stream = await fetch(`${system.address}/v1/jobs/${id}/progress`, {
    headers: { ...WITH_KEY, accept: "text/event-stream" },
  });
  const upload = request(`${system.address}/v1/catalogs/${catalog}/query/image`, {
    method: "POST",
    headers: { ...WITH_KEY, "content-type": "application/octet-stream", expect: "100-continue" },
  });
  upload.flushHeaders();
  await once(upload, "continue");
  const answered = once(upload, "response");
  upload.write("this is half of what is ");
  // Requests are served in turns, so the upload, which came before, is in progress when this one is answered.
  await system.client.readJob(id);
  const streamed = stream.text();
  process.kill(pid, "SIGTERM");

  // The stream ends by itself; only then does the upload go on.
  expect(await streamed).toContain("event: progress");
  upload.end("no picture");
  const [answer] = (await answered) as [IncomingMessage];
  expect(answer.statusCode).toBe(422);

  await until(async () => system.services.pid("api") !== pid);
  await until(async () => (await system.client.readJob(id).catch(() => null)) !== null);
  const log = await readFile(join(system.servers.folder, "logs", "api.log"), "utf8");
  expect(log).toMatch(/"pid":.*"msg":"stopped"/);
  await post(`/jobs/${id}/resume`);
  await until(async () => (await system.client.readJob(id)).state === "completed");
});
