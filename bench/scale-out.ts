import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Bus } from "@lookalike/shared/bus/connect";
import { JobOptions } from "@lookalike/shared/domain/job/options";
import { ROOT } from "../test/support/folders.ts";
import { writeHashes } from "../test/support/hashes.ts";
import { requestEndpoint } from "../test/support/request.ts";
import { connectTo } from "../test/support/servers.ts";
import { type System, startSystem } from "../test/support/system.ts";
import { until } from "../test/support/until.ts";
import { type Bench, type Row, throughputRow } from "./bench.ts";

const IMAGES = 96_144;
const SLEEP_MS = 200;
const WORKERS = [1, 2, 4, 8, 16, 32, 64];
const WINDOW_SECONDS = 10;
const TICKS = 100;
const OPTIONS = JobOptions.parse({ blockSize: 250, pairsPerTask: 10, batchSize: 512, kernel: "exhaustive" });
/** Large enough that comparing is all there is to do. */
const REAL = {
  images: 400_000,
  options: JobOptions.parse({ blockSize: 4_000, pairsPerTask: 5, kernel: "exhaustive" }),
};

/** Comparers added one by one: real ones on two cores, and 1 to 64 that sleep instead, against the ideal. */
export const scaleOut: Bench = {
  about: "comparers x1, x2; and x1 to x64 that sleep 200 ms a task, on one NATS and one coordinator",
  async run(_rounds, say, images = IMAGES) {
    const file = join(tmpdir(), `lookalike-bench-${process.pid}.ndjson`);
    await writeHashes(file, { images, bits: 256, seed: 96_144, copiesPerThousand: 60 });
    const system = await startSystem({ LOOKALIKE_COMPARER_THREADS: "1" });
    const { bus, close } = await connectTo(system.servers.environment);
    try {
      await system.run({ kind: "hashes", file }, OPTIONS, "sleeping", 900);
      const rows = await sleepingComparers(system, bus, say);
      await writeHashes(file, { images: REAL.images, bits: 256, seed: 4, copiesPerThousand: 60 });
      return [...rows, await realComparers(system, bus, file, say)];
    } finally {
      await close();
      await system.stop();
      await rm(file, { force: true });
    }
  },
};

/** Runs a job over the hashed catalog while `work` looks at it, then cancels it. */
const during = async <Result>(
  system: System,
  name: string,
  options: JobOptions,
  work: (job: string) => Promise<Result>,
): Promise<Result> => {
  const catalog = await system.client.openCatalog(name, { kind: "hashes", file: "" });
  const { id } = await system.client.startJob(catalog, { ...options, mode: "full" } as object);
  await until(async () => (await system.client.readJob(id)).phase === "comparing", 120);
  try {
    return await work(id);
  } finally {
    const { bus, close } = await connectTo(system.servers.environment);
    await requestEndpoint(bus, "coordinator.cancel", { job: id });
    await until(async () => (await system.client.readJob(id)).phase === "done");
    await bus.jsm.streams.purge("LOOKALIKE_TASKS", { filter: "lookalike.task.compare.>" });
    await close();
  }
};

/** Tasks a second over the window. */
const tasksASecond = async (system: System, job: string, seconds: number): Promise<number> => {
  const from = (await system.client.readJob(job)).completedTasks;
  const started = performance.now();
  await sleep(seconds * 1_000);
  const done = (await system.client.readJob(job)).completedTasks - from;
  return done / ((performance.now() - started) / 1_000);
};

const realComparers = async (system: System, bus: Bus, file: string, say: (text: string) => void): Promise<Row> => {
  await requestEndpoint(bus, "comparer.concurrency", { instance: "all", kind: "compare", concurrency: 2 });
  await system.run({ kind: "hashes", file }, REAL.options, "real", 900);
  const one = await during(system, "real", REAL.options, (job) => tasksASecond(system, job, 5));
  const second = spawn(process.execPath, [join(ROOT, "services/comparer/dist/main.js")], {
    env: { ...process.env, ...system.servers.environment, LOOKALIKE_COMPARER_THREADS: "1" },
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  await once(second, "message");
  const two = await during(system, "real", REAL.options, (job) => tasksASecond(system, job, 5));
  second.kill("SIGTERM");
  await once(second, "exit");
  say(`real comparers of one thread: x1 ${one.toFixed(1)}, x2 ${two.toFixed(1)} tasks/s`);
  const reading = { bench: "scale-out", case: "real comparers x2", rival: "twice one", unit: "tasks/s", goal: null };
  return throughputRow({ ...reading, ours: two, theirs: 2 * one });
};

const sleepingComparers = async (system: System, bus: Bus, say: (text: string) => void): Promise<Row[]> => {
  await requestEndpoint(bus, "comparer.concurrency", { instance: "all", kind: "compare", concurrency: 0 });
  const rows: Row[] = [];
  const file = fileURLToPath(new URL("./sleeping-comparer.mjs", import.meta.url));
  const environment = { ...process.env, ...system.servers.environment, SLEEP_MS: String(SLEEP_MS) };
  for (const count of WORKERS) {
    const workers = Array.from({ length: count }, () => fork(file, { env: environment, execArgv: [] }));
    await Promise.all(workers.map((worker) => once(worker, "message")));
    const { rate, cpu } = await during(system, "sleeping", OPTIONS, async (job) => {
      const before = await cpuSeconds(system);
      const reached = await tasksASecond(system, job, WINDOW_SECONDS);
      const after = await cpuSeconds(system);
      const share = (name: keyof typeof after): number => (100 * (after[name] - before[name])) / WINDOW_SECONDS;
      return {
        rate: reached,
        cpu: { coordinator: share("coordinator"), nats: share("nats"), postgres: share("postgres") },
      };
    });
    await Promise.all(workers.map(ended));
    const ideal = count / (SLEEP_MS / 1_000);
    const used = Object.entries(cpu).map(([name, percent]) => `${name} ${percent.toFixed(0)} %`);
    say(`x${count}: ${rate.toFixed(1)} of ${ideal} tasks/s; CPU of a core: ${used.join(", ")}`);
    rows.push(
      throughputRow({
        bench: "scale-out",
        case: `x${count}, ${used.join(", ")}`,
        ours: rate,
        rival: "ideal",
        theirs: ideal,
        unit: "tasks/s",
        goal: null,
      }),
    );
  }
  return rows;
};

const ended = async (worker: ChildProcess): Promise<void> => {
  worker.disconnect();
  if (worker.exitCode === null) await once(worker, "exit");
};

/** CPU seconds that the coordinator, nats-server and PostgreSQL with its children have used. */
const cpuSeconds = async (system: System) => {
  const nats = system.servers.nats.pid;
  const postgres = system.servers.postgres.pid;
  const of = async (pid: number): Promise<number[]> => {
    const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    return text
      .slice(text.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
  };
  const own = (stat: number[]): number => ((stat[11] ?? 0) + (stat[12] ?? 0)) / TICKS;
  const backends = (await readFile(`/proc/${postgres}/task/${postgres}/children`, "utf8"))
    .trim()
    .split(" ")
    .map(Number);
  const used = await Promise.all([postgres, ...backends].map(async (pid) => own(await of(pid))));
  // And of the backends that have ended, which PostgreSQL has waited for.
  const [reaped = 0, reapedSystem = 0] = (await of(postgres)).slice(13, 15);
  return {
    coordinator: own(await of(system.services.pid("coordinator"))),
    nats: own(await of(nats)),
    postgres: used.reduce((sum, seconds) => sum + seconds, (reaped + reapedSystem) / TICKS),
  };
};
