import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ALERTS, prometheusRules } from "@lookalike/deploy/alerts";
import { taskMessage } from "@lookalike/shared/bus/messages";
import { publish } from "@lookalike/shared/bus/publish";
import { countBySubject } from "@lookalike/shared/bus/read";
import { STREAMS, subjects } from "@lookalike/shared/bus/topology";
import { partDigest } from "@lookalike/shared/domain/job/digest";
import { JobOptions } from "@lookalike/shared/domain/job/options";
import { directorySource } from "@lookalike/shared/domain/job/source";
import { findJob, jobOf } from "@lookalike/shared/store/jobs/jobs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createCertificate } from "../support/certificate.ts";
import { temporaryFolder } from "../support/folders.ts";
import { writeHashes } from "../support/hashes.ts";
import { type Observed, startObserved } from "../support/observed.ts";
import { makePhotographs } from "../support/photographs.ts";
import { requestEndpoint } from "../support/request.ts";
import { connectTo, WITH_KEY } from "../support/servers.ts";
import { finished } from "../support/system.ts";
import { until } from "../support/until.ts";

/** A minute of the rules is a second here, and what takes thousands needs a few. */
const quickened = (expr: string): string =>
  expr
    .replaceAll("[1h]", "[60s]")
    .replaceAll(/\[(\d+)m\]/g, "[$1s]")
    .replace("_silence_seconds) > 600", "_silence_seconds) > 8")
    .replace("_age_seconds) > 60", "_age_seconds) > 2")
    .replace("> 5000", "> 20");
const QUICK = ALERTS.map((alert) => ({ ...alert, expr: quickened(alert.expr), for: "1s" }));
const SECONDS = 60;
const MIB = 1024 ** 2;

let observed: Observed;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let connected: Awaited<ReturnType<typeof connectTo>>;
const seen = new Set<string>();
let watching = true;

beforeAll(async () => {
  folder = await temporaryFolder();
  const rules = join(folder.path, "rules.yml");
  await writeFile(rules, JSON.stringify(prometheusRules(QUICK)));
  const certificate = join(folder.path, "server.pem");
  await createCertificate(certificate, 5);
  observed = await startObserved(
    [rules],
    {
      LOOKALIKE_CERTIFICATES: certificate,
      LOOKALIKE_MAX_ATTEMPTS: "1",
      LOOKALIKE_LOST_AFTER_MS: "3000",
      LOOKALIKE_RECONCILE_INTERVAL_MS: "1000",
    },
    1024 ** 3,
  );
  connected = await connectTo(observed.system.servers.environment);
  void (async () => {
    for (; watching; await sleep(300))
      for (const name of await observed.prometheus.firing().catch(() => [])) seen.add(name);
  })();
});
afterAll(async () => {
  watching = false;
  await connected.close();
  await observed.stop();
  await folder.remove();
});

const fires = (name: string): Promise<void> => until(() => seen.has(name), SECONDS);
const signal = (service: "hasher" | "comparer" | "coordinator" | "api", name: NodeJS.Signals): void => {
  process.kill(observed.system.services.pid(service), name);
};
const startJob = async (name: string, pictures: number, options: Partial<JobOptions> = {}): Promise<string> => {
  const path = join(folder.path, name);
  await makePhotographs(path, pictures, 240);
  const { client } = observed.system;
  const catalog = await client.openCatalog(name, directorySource(path));
  return (await client.startJob(catalog, JobOptions.parse({ blockSize: 4, pairsPerTask: 1, ...options }))).id;
};

it("a certificate that expires next week", () => fires("LookalikeCertificateExpires"));

it("a source with files that are no pictures", async () => {
  const path = join(folder.path, "broken");
  await makePhotographs(path, 2, 240);
  for (let at = 0; at < 20; at += 1) await writeFile(join(path, `${at}.jpg`), "no picture");
  await observed.system.run(directorySource(path));
  await fires("LookalikeImagesFail");
});

it("a task that no version knows", async () => {
  await publish(connected.bus, {
    eventId: "unknown-task",
    stream: STREAMS.tasks,
    subject: subjects.task("compare", "bulk", { tenant: "default", job: "nobody" }),
    body: { v: 99 },
  });
  await fires("LookalikeDeadLetters");
});

it("a comparer that gave a task up at its last attempt", async () => {
  await requestEndpoint(connected.bus, "comparer.concurrency", { instance: "all", kind: "compare", concurrency: 0 });
  // A pull that a worker has open still takes a message, and gives it back.
  await sleep(6_000);
  const job = await startJob("given up", 12);
  await until(async () => (await observed.system.client.readJob(job)).phase === "comparing");
  const row = await findJob(connected.store.db, job);
  if (row === null) throw new Error(`no job ${job}`);
  const task = taskMessage(jobOf(row), "compare", 0, 0).body;
  await publish(connected.bus, {
    eventId: "given-up",
    stream: STREAMS.deadLetters,
    subject: subjects.dead("compare", { tenant: row.tenant, job }),
    body: { v: 1, task, error: "no memory", at: new Date().toISOString() },
  });
  await fires("LookalikeQuarantine");
  await requestEndpoint(connected.bus, "comparer.concurrency", { instance: "all", kind: "compare", concurrency: 3 });
  await finished(observed.system.client, job);
});

it("hashers that hang", async () => {
  signal("hasher", "SIGSTOP");
  const job = await startJob("standing", 12);
  try {
    for (const name of ["LookalikeServiceDown", "LookalikeConsumerStalled", "LookalikeJobStuck"]) await fires(name);
  } finally {
    signal("hasher", "SIGCONT");
  }
  await finished(observed.system.client, job);
});

it("a process that is late again and again", async () => {
  for (let at = 0; at < 10 && !seen.has("LookalikeEventLoopBlocked"); at += 1) {
    signal("comparer", "SIGSTOP");
    await sleep(900);
    signal("comparer", "SIGCONT");
    await sleep(60);
  }
  await fires("LookalikeEventLoopBlocked");
});

it("coordinators that are drained while workers go on", async () => {
  const file = join(folder.path, "many.ndjson");
  await writeHashes(file, { images: 6_000, bits: 256, seed: 1, copiesPerThousand: 20 });
  const { client } = observed.system;
  const compare = (concurrency: number) =>
    requestEndpoint(connected.bus, "comparer.concurrency", { instance: "all", kind: "compare", concurrency });
  await compare(0);
  const catalog = await client.openCatalog("many", { kind: "hashes", file });
  const options = JobOptions.parse({ blockSize: 50, pairsPerTask: 1, dispatch: "all", kernel: "exhaustive" });
  const { id } = await client.startJob(catalog, options);
  // More results to come than a coordinator has fetched already when it stops.
  await until(async () => {
    const subject = `lookalike.task.compare.*.*.*.${id}`;
    const tasks = await countBySubject(connected.bus, STREAMS.tasks, subject);
    return Object.values(tasks).reduce((sum, messages) => sum + messages, 0) > 1_000;
  });
  signal("coordinator", "SIGSTOP");
  await compare(3);
  await fires("LookalikeProjectionLag").finally(() => signal("coordinator", "SIGCONT"));
  await finished(client, id);
});

it("a NATS that hangs while an owner starts a job", async () => {
  const { pid } = observed.system.servers.nats;
  process.kill(pid, "SIGSTOP");
  const job = await startJob("waiting", 4);
  await fires("LookalikeOutboxOld").finally(() => process.kill(pid, "SIGCONT"));
  await finished(observed.system.client, job);
});

it("a JetStream whose share of the disk is nearly full", async () => {
  const { jsm, js } = connected.bus;
  for (const stream of [STREAMS.finalize, STREAMS.deadLetters, STREAMS.advisories])
    await jsm.streams.update(stream, { max_bytes: 8 * MIB });
  await jsm.streams.add({ name: "OTHERS", subjects: ["others.>"], max_bytes: 900 * MIB });
  const payload = new Uint8Array(MIB / 2);
  for (let at = 0; at < 1_780; at += 4) await Promise.all([1, 2, 3, 4].map(() => js.publish("others.x", payload)));
  await fires("LookalikeDiskFull");
  await jsm.streams.delete("OTHERS");
});

it("a stream whose limit is too low", async () => {
  const { state } = await connected.bus.jsm.streams.info(STREAMS.events);
  await connected.bus.jsm.streams.update(STREAMS.events, { max_bytes: Math.round(state.bytes * 1.1) });
  await fires("LookalikeStreamNearLimit");
  await connected.bus.jsm.streams.update(STREAMS.events, { max_bytes: 32 * 1024 ** 2 });
});

it("a shadow that finds other pairs than its job", async () => {
  const scan = (concurrency: number) =>
    requestEndpoint(connected.bus, "hasher.concurrency", { instance: "all", kind: "scan", concurrency });
  await requestEndpoint(connected.bus, "coordinator.rollout", { feature: "INDEXED_COMPARISON", shadow: true });
  await scan(1);
  const job = await startJob("shadowed", 30);
  await until(async () => (await observed.system.client.readJob(job)).phase !== "listing");
  // The shadow begins as soon as its job has ended, and must not be done before the job's results are those of a wrong kernel.
  await scan(0);
  await finished(observed.system.client, job);
  const none = new Uint8Array(0);
  await connected.store.pool.query(
    "update compare_result set edges = $2, edge_count = 0, digest = $3, result_digest = $3 where job_id = $1",
    [job, none, partDigest(none)],
  );
  await scan(1);
  await fires("LookalikeRolloutDifference");
});

it("PostgreSQL that has stopped, and an API that reports it", async () => {
  await observed.system.servers.postgres.stop();
  const asking = setInterval(() => {
    fetch(`${observed.system.address}/v1/catalogs`, { headers: WITH_KEY }).catch(() => undefined);
  }, 100);
  await fires("LookalikePostgresDown");
  await fires("LookalikeApiErrors").finally(() => clearInterval(asking));
});

it("are all the alerts there are", () => {
  expect([...seen].sort()).toEqual(ALERTS.map(({ name }) => name).sort());
});
