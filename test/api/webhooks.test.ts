import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeHashes } from "../support/hashes.ts";
import { connectTo, WITH_KEY } from "../support/servers.ts";
import { type System, startSystem } from "../support/system.ts";
import { until } from "../support/until.ts";

interface Received {
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}
let system: System;
let receiver: Server;
let url: string;
const received: Received[] = [];
/** What the receiver answers, request by request; then 204. */
const answers: number[] = [];

beforeAll(async () => {
  system = await startSystem({ LOOKALIKE_WEBHOOKS_INSIDE: "true", LOOKALIKE_WEBHOOK_RETRY_SECONDS: "0,0" });
  receiver = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    received.push({ headers: request.headers, body });
    response.writeHead(answers.shift() ?? 204, { location: `${url}elsewhere` }).end();
  }).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
});
afterAll(async () => {
  receiver.close();
  await system.stop();
});

const call = async (method: string, path: string, body?: object) => {
  const response = await fetch(`${system.address}/v1${path}`, {
    method,
    headers: { ...WITH_KEY, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, json: text === "" ? null : JSON.parse(text) };
};

describe("a webhook", () => {
  let webhook: { id: string; secret: string };
  let file: string;
  beforeAll(async () => {
    webhook = (await call("POST", "/webhooks", { url })).json;
    file = system.path("hashes.ndjson");
    await writeHashes(file, { images: 100, bits: 256, seed: 1, copiesPerThousand: 50 });
  });

  it("shows its secret only once", async () => {
    const { items } = (await call("GET", "/webhooks")).json;
    expect(items).toEqual([{ id: webhook.id, url, createdAt: expect.stringMatching(/^\d{4}-.*Z$/) }]);
  });

  it("receives a signed delivery when a job is over, until it answers with success", async () => {
    answers.push(500, 302);
    const job = await system.run({ kind: "hashes", file }, {}, "finished");
    await until(() => received.length === 3);
    const ids = received.map(({ headers }) => headers["webhook-id"]);
    expect(new Set(ids).size).toBe(1);
    for (const { headers, body } of received) {
      const key = Buffer.from(webhook.secret.slice("whsec_".length), "base64");
      const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
      expect(headers["webhook-signature"]).toBe(`v1,${createHmac("sha256", key).update(signed).digest("base64")}`);
    }
    expect(JSON.parse(received[0]?.body ?? "")).toMatchObject({
      type: "job.finalized",
      data: { job: job.id, state: "completed", failure: null },
    });
    const log = async () => (await call("GET", `/webhooks/${webhook.id}/deliveries`)).json.items;
    await until(async () => (await log())[0].deliveredAt !== null);
    expect(await log()).toMatchObject([{ attempts: 3, outcome: "answered 204", nextAttemptAt: null }]);
  });

  it("receives a failure, and no more after the last attempt", async () => {
    answers.push(500, 500, 500);
    const catalog = (await call("GET", "/catalogs?name=finished")).json.items[0].id;
    await call("POST", `/catalogs/${catalog}/jobs`, { thresholdBits: 64, mode: "regroup" });
    const log = async () => (await call("GET", `/webhooks/${webhook.id}/deliveries`)).json.items;
    await until(
      async () =>
        (await log()).length === 2 && (await log())[0].attempts === 3 && (await log())[0].nextAttemptAt === null,
    );
    expect((await log())[0]).toMatchObject({
      payload: { type: "job.failed", data: { failure: expect.stringContaining("nothing to regroup") } },
      outcome: "answered 500",
      deliveredAt: null,
    });
  });

  it("is called beside a thousand calls of another tenant's, which are never answered", async () => {
    const waiting = new Set<unknown>();
    const silent = createServer((request) => {
      waiting.add(request);
    }).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { firstKey } = (await call("POST", "/tenants", { id: "slow" })).json;
    const response = await fetch(`${system.address}/v1/webhooks`, {
      method: "POST",
      headers: { authorization: `Bearer ${firstKey.key}`, "content-type": "application/json" },
      body: JSON.stringify({ url: `http://127.0.0.1:${(silent.address() as AddressInfo).port}/` }),
    });
    const { id } = (await response.json()) as { id: string };
    const { store, close } = await connectTo(system.servers.environment);
    await store.pool.query(
      `insert into webhook_delivery (id, webhook_id, payload, next_attempt_at)
      select 'slow-' || n, $1, '{}', now() - interval '1 hour' from generate_series(1, 1000) n`,
      [id],
    );
    await until(() => waiting.size > 0);
    const before = received.length;
    await system.run({ kind: "hashes", file }, {}, "beside");
    await until(() => received.length > before);
    expect(waiting.size).toBeLessThan(100);
    await store.pool.query("delete from webhook where id = $1", [id]);
    await close();
    silent.closeAllConnections();
    silent.close();
  });

  it("is forgotten with its deliveries", async () => {
    expect((await call("DELETE", `/webhooks/${webhook.id}`)).status).toBe(204);
    expect((await call("GET", `/webhooks/${webhook.id}/deliveries`)).status).toBe(404);
    expect((await call("GET", "/webhooks")).json.items).toEqual([]);
  });
});
