import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Gate, openGate, through } from "../support/gate.ts";
import { writeHashes } from "../support/hashes.ts";
import { openQuickStart, type QuickStart, reportOf } from "../support/quickstart.ts";
import { type Servers, startServers } from "../support/servers.ts";
import { killService, startService } from "../support/service.ts";
import { until } from "../support/until.ts";

let servers: Servers;
let gate: Gate;
let natsGate: Gate;
let quick: QuickStart;

beforeAll(async () => {
  servers = await startServers();
  gate = await openGate(Number(new URL(servers.postgres.url).port));
  natsGate = await openGate(Number(new URL(servers.nats.url).port));
  quick = await openQuickStart();
  await writeHashes(quick.path("many.ndjson"), { images: 4_000, bits: 256, seed: 5, copiesPerThousand: 50 });
});
afterAll(async () => {
  await gate.close();
  await natsGate.close();
  expect(quick.leftRunning()).toEqual([]);
  await quick.remove();
  await servers.stop();
});

const AWAY_MS = 1_500;

/** Requests to the API, one after another, until it is stopped: their statuses, and the failures without advice. */
const startRequests = (address: string, key: string) => {
  const statuses = new Set<number>();
  const bad: string[] = [];
  let stopping = false;
  const loop = (async () => {
    while (!stopping) {
      const response = await fetch(new URL("/v1/catalogs?name=none", address), {
        headers: { authorization: `Bearer ${key}` },
      }).catch((error: unknown) => String(error));
      if (typeof response === "string") bad.push(response);
      else {
        statuses.add(response.status);
        const body = await response.text();
        if (response.status !== 200 && (response.headers.get("retry-after") === null || !/does not answer/.test(body)))
          bad.push(`${response.status} ${body}`);
      }
      await sleep(50);
    }
  })();
  return {
    async stop() {
      stopping = true;
      await loop;
      return { statuses: [...statuses].sort(), bad };
    },
  };
};

describe("an external PostgreSQL or NATS that is away for seconds", () => {
  it("is waited for by a service that starts before it", async () => {
    await natsGate.close();
    const environment = { ...servers.environment, NATS_URL: through(servers.nats.url, natsGate), LOG_LEVEL: "silent" };
    const starting = startService("coordinator", environment);
    await sleep(AWAY_MS);
    await natsGate.open();
    await killService(await starting);
  });

  it("is waited for in each phase of a start: nothing crashes, nothing is lost", async () => {
    const args = ["--json", "--keep-running", "--block-size", "100", "--pairs-per-task", "10"];
    const soon = { LOOKALIKE_LOST_AFTER_MS: "3000", LOOKALIKE_RECONCILE_INTERVAL_MS: "500" };

    await gate.close();
    await natsGate.close();
    const start = quick.start([`hashes:${quick.path("many.ndjson")}`, ...args], {
      DATABASE_URL: through(servers.postgres.url, gate),
      NATS_URL: through(servers.nats.url, natsGate),
      NATS_NKEY: servers.environment["NATS_NKEY"] ?? "",
      LOOKALIKE_PORT: "0",
      ...soon,
    });
    const waitsFor = (variable: string) =>
      until(() => new RegExp(`${variable}=.*Waiting up to 30 s for it`).test(start.output()));
    await waitsFor("DATABASE_URL");
    await gate.open();
    await waitsFor("NATS_URL");
    await natsGate.open();
    const instance = () =>
      readFile(quick.path("data/instance.json"), "utf8").then(
        (text) => (JSON.parse(text) as { address: string | null }).address,
        () => null,
      );
    await until(async () => (await instance()) !== null);
    const address = (await instance()) ?? "";
    const requests = startRequests(address, (await readFile(quick.path("data/access-key"), "utf8")).trim());
    for (const phase of ["Listing", "Hashing", "Comparing", "Grouping"]) {
      await until(() => start.output().includes(phase) || start.output().includes("Running until"));
      await gate.closeFor(AWAY_MS);
    }
    await until(() => start.output().includes("Running until Ctrl-C"));
    await gate.closeFor(AWAY_MS);
    await until(async () => (await fetch(new URL("/readyz", address))).status === 200);
    expect(await requests.stop()).toEqual({ statuses: [200, 503], bad: [] });
    expect(await instance()).toBe(address);
    start.child.kill("SIGINT");
    const { code, stdout } = await start.ended;
    expect(code).toBe(0);
    expect(reportOf(stdout)).toMatchObject({ images: 4_000, tasks: 82, tasksDone: 82, tasksQuarantined: 0 });
    for (const service of ["api", "coordinator", "hasher", "comparer"]) {
      const log = await readFile(quick.path(`data/logs/${service}.log`), "utf8");
      expect([service, log.split("\n").filter((line) => /"ready"|crash/.test(line)).length]).toEqual([service, 1]);
    }
  });
});
