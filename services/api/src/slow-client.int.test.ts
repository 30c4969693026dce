import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { insertAccessKey } from "@lookalike/shared/store/access/access-keys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startApp, type TestApp } from "../../../test/support/app.ts";
import { TEST_KEY, WITH_KEY } from "../../../test/support/servers.ts";

const REQUEST_MS = 1_000;
const BODY = JSON.stringify({ name: "slow", source: { kind: "directory", root: "/" } });
let started: TestApp;
let address: URL;

beforeAll(async () => {
  started = await startApp({ requestMs: REQUEST_MS });
  await insertAccessKey(started.store.db, { key: TEST_KEY, tenant: "default", name: "owner", scope: "admin" });
  address = new URL(await started.app.listen({ port: 0, host: "127.0.0.1" }));
});
afterAll(() => started.stop());

/** Sends the text at once, then the rest letter by letter for as long as the server listens; gives its answer. */
const trickle = async (atOnce: string, rest: string): Promise<string> => {
  const socket = connect(Number(address.port), address.hostname);
  socket.setEncoding("utf8").on("error", () => undefined);
  let answer = "";
  socket.on("data", (text) => {
    answer += text;
  });
  await once(socket, "connect");
  const closed = once(socket, "close");
  socket.write(atOnce);
  for (const letter of rest) {
    if (socket.destroyed || answer !== "") break;
    socket.write(letter);
    await sleep(200);
  }
  socket.end();
  await closed;
  return answer;
};

const HEAD = `POST /v1/catalogs HTTP/1.1\r\nhost: here\r\nauthorization: Bearer ${TEST_KEY}\r\ncontent-type: application/json\r\n`;

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
    expect(rows).toEqual([]);
  });

  it("what is no HTTP, and headers without end, are answered as problems", async () => {
    expect(await trickle("HELLO\r\n\r\n", "")).toMatch(/^HTTP\/1\.1 400 .*problem\+json.*invalid-request/s);
    expect(await trickle(`${HEAD}x-long: ${"x".repeat(100_000)}\r\n\r\n`, "")).toMatch(/^HTTP\/1\.1 431 /);
  });
});
