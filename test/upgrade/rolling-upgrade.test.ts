import { join } from "node:path";
import { type Client, createClient } from "@lookalike/cli/client";
import type { Bus } from "@lookalike/shared/bus/connect";
import { type JobCommand, jobCommand } from "@lookalike/shared/bus/messages";
import { publish } from "@lookalike/shared/bus/publish";
import { readMessage, readStream } from "@lookalike/shared/bus/read";
import { STREAMS } from "@lookalike/shared/bus/topology";
import { ParkedMessage } from "@lookalike/shared/bus/unreadable";
import { JobOptions } from "@lookalike/shared/domain/job/options";
import { directorySource } from "@lookalike/shared/domain/job/source";
import { SERVICE_NAMES, type ServiceName } from "@lookalike/shared/runtime/config";
import { afterAll, afterEach, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { buildCommit, type EarlierVersion, earlierCommit } from "../support/earlier-version.ts";
import { ROOT } from "../support/folders.ts";
import { groupsOf } from "../support/groups.ts";
import { makePhotographs } from "../support/photographs.ts";
import { requestEndpoint } from "../support/request.ts";
import { connectTo, type Servers, startServers, TEST_KEY } from "../support/servers.ts";
import { type Service, startServiceOn, stopService } from "../support/service.ts";
import { finished } from "../support/system.ts";
import { until } from "../support/until.ts";

/** 60 pictures are 30 blocks and 465 comparisons, each a task, one after the other: long enough to replace all services. */
const OPTIONS = JobOptions.parse({ blockSize: 2, pairsPerTask: 1, batchSize: 1 });
const WAITS = { LOOKALIKE_LOST_AFTER_MS: "4000", LOOKALIKE_RECONCILE_INTERVAL_MS: "1000" };
/** As docs/operations.md says that services are upgraded. */
const ORDER: readonly ServiceName[] = ["coordinator", "comparer", "hasher", "api"];

type Version = "earlier" | "new";
const otherThan = (version: Version): Version => (version === "new" ? "earlier" : "new");

const commit = earlierCommit();

let earlier: EarlierVersion;
let servers: Servers;
let bus: Bus;
let close: () => Promise<void>;
let reference: string[];
const running = new Set<Service>();

const start = async (version: Version, name: ServiceName): Promise<Service> => {
  const service = await startServiceOn(servers, name, WAITS, version === "new" ? ROOT : earlier.root);
  running.add(service);
  return service;
};
const startAll = async (version: Version): Promise<Map<ServiceName, Service>> =>
  new Map(await Promise.all(SERVICE_NAMES.map(async (name) => [name, await start(version, name)] as const)));
const stop = async (service: Service): Promise<void> => {
  running.delete(service);
  await stopService(service);
};
const stopAll = () => Promise.all([...running].map(stop));

const clientOf = (api: Service | undefined): Client => createClient(() => api?.address ?? "", TEST_KEY);

const startJob = async (client: Client, name: string): Promise<string> => {
  const catalog = await client.openCatalog(name, directorySource(join(servers.folder, "pictures")));
  return (await client.startJob(catalog, OPTIONS)).id;
};

/** Waits for the job's end, and compares its groups with those of the new version alone. */
const expectSameGroups = async (client: Client, job: string): Promise<void> => {
  expect(await finished(client, job)).toMatchObject({
    state: "completed",
    totalTasks: 465,
    quarantinedTasks: 0,
    failedImages: 0,
  });
  expect(await groupsOf(client, job)).toEqual(reference);
};

const lastLetter = async (): Promise<number> => (await bus.jsm.streams.info(STREAMS.deadLetters)).state.last_seq;

beforeAll(async () => {
  if (commit === null) return;
  [earlier, servers] = await Promise.all([buildCommit(commit), startServers()]);
  await servers.postgres.migrate();
  await makePhotographs(join(servers.folder, "pictures"), 60, 240);
  ({ bus, close } = await connectTo(servers.environment));
  const client = clientOf((await startAll("new")).get("api"));
  const job = await startJob(client, "alone");
  await finished(client, job);
  reference = await groupsOf(client, job);
  await stopAll();
});
afterEach(stopAll);
afterAll(async () => {
  if (commit === null) return;
  await close();
  await servers.stop();
  await earlier.remove();
});

/** Hashers of two formats share no job: the old ones are stopped before, as docs/operations.md says. */
const formatOf = async (root: string): Promise<unknown> =>
  ((await import(join(root, "packages/engine/dist/hash/hash-format.js"))) as { HASH_FORMAT: unknown }).HASH_FORMAT;
const requireOneFormat = async ({ skip }: TestContext): Promise<void> => {
  if ((await formatOf(ROOT)) !== (await formatOf(earlier.root))) skip("the versions have different hash formats");
};

const title =
  commit === null ? "skipped: no earlier commit in this clone (git fetch --unshallow)" : commit.slice(0, 12);

describe.skipIf(commit === null)(`with the services of ${title}`, () => {
  it.for(["earlier", "new"] as const)(
    "one job has the same groups with the %s hasher, the other comparer, and coordinators and APIs of both",
    async (version, context) => {
      await requireOneFormat(context);
      await start(version, "coordinator");
      const [one, other] = await Promise.all([
        start(version, "api"),
        start(otherThan(version), "api"),
        start(otherThan(version), "coordinator"),
        start(version, "hasher"),
        start(otherThan(version), "comparer"),
      ]);
      const job = await startJob(clientOf(one), `${version} hasher`);
      await expectSameGroups(clientOf(other), job);
      expect(await groupsOf(clientOf(one), job)).toEqual(reference);
    },
  );

  it.for([
    ["upgraded", "earlier"],
    ["taken back", "new"],
  ] as const)(
    "one job has the same groups when all services are %s in the middle of it",
    async ([name, version], context) => {
      await requireOneFormat(context);
      const before = await startAll(version);
      const job = await startJob(clientOf(before.get("api")), name);
      await until(async () => (await clientOf(before.get("api")).readJob(job)).completedTasks >= 10);
      const after = new Map<ServiceName, Service>();
      for (const name of ORDER) {
        after.set(name, await start(otherThan(version), name));
        const replaced = before.get(name);
        if (replaced !== undefined) await stop(replaced);
      }
      const client = clientOf(after.get("api"));
      expect(await client.readJob(job)).not.toMatchObject({ phase: "done" });
      await expectSameGroups(client, job);
    },
  );

  it.each(["earlier", "new"] as const)(
    "the %s coordinator ignores fields of an event that it does not know, and parks an event of a higher version",
    async (version) => {
      await start(version, "coordinator");
      const client = clientOf(await start(version, "api"));
      const id = await startJob(client, `commands of ${version}`);
      const isPaused = async () => (await client.readJob(id)).paused;
      const send = async (command: JobCommand, envelope: object, body: object): Promise<void> => {
        const message = jobCommand(command, { id, tenant: "default", run: 1 });
        await publish(bus, { ...message, body: { ...message.body, ...envelope, body } });
      };
      const before = await lastLetter();

      await send("pause", { later: { unknown: true } }, { reason: "a field of a later version" });
      await until(isPaused);
      await send("resume", { v: 2 }, {});
      await until(async () => (await lastLetter()) > before);
      expect(await isPaused()).toBe(true);
      // It blocks nothing.
      await send("resume", {}, {});
      await until(async () => !(await isPaused()));

      const letters: unknown[] = [];
      for await (const { body } of readStream(bus, STREAMS.deadLetters, ">", before)) letters.push(body);
      expect(letters).toHaveLength(1);
      const { parked, reason } = ParkedMessage.parse(letters[0]);
      expect(reason).toContain("at v");
      const stored = await readMessage(bus, parked.stream, parked.sequence);
      expect(stored?.body).toMatchObject({ v: 2, type: "job-resumed", job: id });
      // Sent again by an operator before the upgrade, it is parked again.
      const reply = await requestEndpoint(bus, "coordinator.redrive", { deadLetter: before + 1 });
      expect(reply.code).toBe(200);
      await until(async () => (await lastLetter()) > before + 1);
    },
  );
});
