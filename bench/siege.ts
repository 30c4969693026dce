import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { directorySource } from "@lookalike/shared/domain/job/source";
import { createKey, insertAccessKey } from "@lookalike/shared/store/access/access-keys";
import sharp from "sharp";
import { connectTo, WITH_KEY } from "../test/support/servers.ts";
import { type System, startSystem } from "../test/support/system.ts";
import { type Bench, costRow, type Row } from "./bench.ts";

import type { Probed } from "./siege-probe.ts";
import { type Answers, ATTACKS, type Target } from "./siege-target.ts";
import { percentile } from "./statistics.ts";

const IMAGES = 100_000;
/** Of these, the first ones have one hash: they are one group. */
const IN_ONE_GROUP = 20_000;
/** A part of a hash that no other image has, and that counts as a picture and not as one colour. */
const NOT_FLAT = 0x12_34_56_78;
const LARGE_PICTURES = 12;
const SECONDS_ALONE = 5;
const SECONDS = 20;
const HEALTH_LIMIT_MS = 100;
const MEMORY_LIMIT_MB = 2_048;

const start = (script: string, ...values: readonly unknown[]): ChildProcess =>
  fork(
    fileURLToPath(new URL(script, import.meta.url)),
    values.map((value) => JSON.stringify(value)),
    {
      execArgv: ["--import", "tsx"],
    },
  );

/** Stops a child process. @returns what it has measured */
const resultOf = async <Result>(child: ChildProcess): Promise<Result> => {
  const answered = once(child, "message");
  child.send("stop");
  const [result] = (await answered) as [Result];
  return result;
};

/** Resident memory of a process and its children, in MB. */
const memoryOf = async (pid: number): Promise<number> => {
  const lines = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const [, kilobytes = "0"] = /VmRSS:\s+(\d+)/.exec(lines) ?? [];
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  const below = await Promise.all(
    children
      .split(" ")
      .filter(Boolean)
      .map((child) => memoryOf(Number(child))),
  );
  return Number(kilobytes) / 1_024 + below.reduce((sum, megabytes) => sum + megabytes, 0);
};

/** A catalog of hashes with one large group, and one of large pictures. */
const prepare = async (system: System, images: number): Promise<Omit<Target, "key" | "attacks">> => {
  const file = system.path("hashes.ndjson");
  const hashOf = (at: number): string =>
    (at < IN_ONE_GROUP ? NOT_FLAT : (at >> 1) + 2).toString(16).padStart(8, "0").repeat(8);
  const lines = Array.from({ length: images }, (_, at) =>
    JSON.stringify({ id: `2019/trip/DSC_${at}.jpg`, hash: hashOf(at), bytes: 1_000_000 + at }),
  );
  await writeFile(file, `${lines.join("\n")}\n`);
  const { id: job } = await system.run({ kind: "hashes", file }, { thresholdBits: 0 }, "siege", 600);
  const catalog = await system.client.openCatalog("siege", { kind: "hashes", file });
  const { items } = await get(system, `/jobs/${job}/groups?minSize=${IN_ONE_GROUP}&limit=1`);
  const [largest] = items;
  if (largest === undefined) throw new Error(`there is no group of ${IN_ONE_GROUP} images to attack`);
  const { id: runningJob } = await system.run({ kind: "hashes", file: await fewHashes(system) }, {}, "running");
  const { store, close } = await connectTo(system.servers.environment);
  await store.pool.query("update job set state = 'running', phase = 'comparing', paused = true where id = $1", [
    runningJob,
  ]);
  await close();
  const root = system.path("pictures");
  await mkdir(root);
  const source = directorySource(root);
  const picture = join(root, "0.png");
  await sharp({ create: { width: 17_000, height: 17_000, channels: 3, background: "#246" }, limitInputPixels: false })
    .png({ compressionLevel: 9 })
    .toFile(picture);
  for (let at = 1; at < LARGE_PICTURES; at += 1) await copyFile(picture, join(root, `${at}.png`));
  await system.run(source, {}, "pictures", 600);
  const pictures = await system.client.openCatalog("pictures", source);
  const { length } = await readdir(root);
  return { address: system.address, catalog, pictures, images: length, job, largestGroup: largest.number, runningJob };
};

const fewHashes = async (system: System): Promise<string> => {
  const file = system.path("few.ndjson");
  await writeFile(file, `${JSON.stringify({ id: "a.jpg", hash: "0123456789abcdef" })}\n`);
  return file;
};

const get = async (system: System, path: string): Promise<{ items: { number: number }[] }> =>
  (await (await fetch(`${system.address}/v1${path}`, { headers: WITH_KEY })).json()) as { items: { number: number }[] };

const newKey = async (system: System, tenant: string): Promise<string> => {
  const { store, close } = await connectTo(system.servers.environment);
  const key = createKey();
  await insertAccessKey(store.db, { key, tenant, name: "siege", scope: "write" });
  await close();
  return key;
};

/** Attacks for a while. @returns the worst and the median latency of each address in ms, and the API's memory at most in MB */
const measure = async (system: System, target: Target, addresses: readonly string[], seconds: number, say: Say) => {
  const attackers = start("./siege-attacks.ts", target);
  await once(attackers, "message");
  const probe = start("./siege-probe.ts", { addresses, key: await newKey(system, "other") });
  let peak = 0;
  for (const end = Date.now() + seconds * 1_000; Date.now() < end; await sleep(200))
    peak = Math.max(peak, await memoryOf(system.services.pid("api")));
  const probed = await resultOf<Record<string, Probed>>(probe);
  const answers = await resultOf<Answers>(attackers);
  for (const [attack, counts] of Object.entries(answers)) say(`  ${attack}: ${textOf(counts)}`);
  const latencies = addresses.map((address) => {
    const { milliseconds = [], statuses = {} } = probed[address] ?? {};
    const worst = Math.max(...milliseconds);
    const port = address.startsWith(system.address) ? "" : " of the operators' port";
    const name = `${new URL(address).pathname}${port}`;
    say(`  ${name}: ${textOf(statuses)}, worst ${worst.toFixed(0)} ms`);
    return { name, worst, p50: percentile(milliseconds, 0.5) };
  });
  return { latencies, peak };
};

type Say = (text: string) => void;

/** Each attack on the API alone, then all at once, with one key, while health and another tenant's requests are measured. */
export const siege: Bench = {
  about: "attacks on the API, alone and all at once: answers, memory, and how late health checks and other tenants are",
  async run(_, say, images = IMAGES) {
    const system = await startSystem({ LOOKALIKE_REQUESTS_PER_MINUTE: "1000000", LOOKALIKE_METRICS_PORT: "0" });
    try {
      const target = { ...(await prepare(system, images)), key: await newKey(system, "default") };
      const operators = system.services.metricsAddress("api");
      if (operators === undefined) throw new Error("the API has no port for operators");
      const health = [`${system.address}/healthz`, `${operators}/healthz`];
      const rows: Row[] = [];
      const quiet = await measure(system, { ...target, attacks: [] }, health, SECONDS_ALONE, say);
      say(`without an attack: worst ${quiet.latencies[0]?.worst.toFixed(0)} ms, ${quiet.peak.toFixed(0)} MB`);
      const reading = { bench: "siege", rival: "limit" };
      const latency = { ...reading, unit: "ms", theirs: HEALTH_LIMIT_MS };
      for (const attack of ATTACKS) {
        const { latencies, peak } = await measure(system, { ...target, attacks: [attack] }, health, SECONDS_ALONE, say);
        say(`${attack}: ${peak.toFixed(0)} MB at most`);
        for (const { name, worst } of latencies)
          rows.push(costRow({ ...latency, case: `${name} at worst: ${attack}`, ours: worst, goal: 1 }));
      }
      const all = [...health, `${system.address}/readyz`, `${operators}/readyz`, `${system.address}/v1/catalogs`];
      const { latencies, peak } = await measure(system, { ...target, attacks: ATTACKS }, all, SECONDS, say);
      for (const { name, worst, p50 } of latencies) {
        const goal = name.startsWith("/v1/") ? null : 1;
        rows.push(costRow({ ...latency, case: `${name} at worst: all at once`, ours: worst, goal }));
        rows.push(costRow({ ...latency, case: `${name}, median: all at once`, ours: p50, goal: null }));
      }
      const memory = { ...reading, unit: "MB", theirs: MEMORY_LIMIT_MB, goal: 1 };
      return [...rows, costRow({ ...memory, case: "memory of the API with its processes", ours: peak })];
    } finally {
      await system.stop();
    }
  },
};

const textOf = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .map(([answer, times]) => `${times} x ${answer}`)
    .join(", ");
