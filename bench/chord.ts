import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { freePort } from "@lookalike/local/server-process";
import { STREAMS } from "@lookalike/shared/bus/topology";
import { z } from "zod";
import { writeHashes } from "../test/support/hashes.ts";
import { connectTo } from "../test/support/servers.ts";
import { startSystem } from "../test/support/system.ts";
import { type Bench, costRow, type Row } from "./bench.ts";

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL("./rivals/chord.py", import.meta.url));
const PYTHON = "/usr/bin/python3";
const MB = 1_000_000;
/** What Redis may take, without which the machine goes down with it. */
const REDIS_MB = 6_000;
/** A chord that is not finalized by then is ended. */
const LIMIT_SECONDS = 300;
const SIZES = [10_000, 20_000, 40_000, 60_000, 96_144];

const Outcome = z.object({ tasks: z.int(), seconds: z.number(), outcome: z.string() });

/** The run that failed, as it was, beside ours on the same number of images. */
export const chord: Bench = {
  about: "the Celery chord of the redesign, with Redis, on as many images as it can bear",
  async run(_, say) {
    const rows: Row[] = [];
    for (const images of SIZES) {
      const theirs = await runChord(images);
      const ours = await runOurs(images);
      say(
        `${images} images, ${theirs.tasks} tasks: chord ${theirs.outcome} after ${theirs.seconds.toFixed(1)} s, ` +
          `${(theirs.bytes / MB).toFixed(0)} MB in Redis; ours ${ours.seconds.toFixed(1)} s, ${(ours.bytes / MB).toFixed(1)} MB`,
      );
      const rival = theirs.outcome === "finalized" ? "chord" : `chord: ${theirs.outcome}`;
      const row = (what: string, unit: string, here: number, there: number) =>
        rows.push(
          costRow({
            bench: "chord",
            case: `${images} images, ${what}`,
            ours: here,
            rival,
            theirs: there,
            unit,
            goal: null,
          }),
        );
      row("wall time", "s", ours.seconds, theirs.seconds);
      row("bytes in streams or Redis", "MB", ours.bytes / MB, theirs.bytes / MB);
    }
    return rows;
  },
};

const runChord = async (images: number): Promise<z.infer<typeof Outcome> & { bytes: number }> => {
  const folder = await mkdtemp(join(tmpdir(), "lookalike-chord-"));
  const port = String(await freePort());
  const env = { ...process.env, CHORD_REDIS: `redis://127.0.0.1:${port}/0` };
  const started: ChildProcess[] = [];
  const start = (command: string, args: readonly string[]) =>
    started.push(spawn(command, args, { cwd: dirname(SCRIPT), env, stdio: "ignore", detached: true }));
  try {
    start("redis-server", [
      ...["--port", port, "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no"],
      ...["--maxmemory", `${REDIS_MB}mb`, "--maxmemory-policy", "noeviction"],
    ]);
    await sleep(500);
    const concurrency = String(availableParallelism());
    start(PYTHON, ["-m", "celery", "-A", "chord", "worker", "--concurrency", concurrency, "--loglevel", "ERROR"]);
    const { stdout } = await run(PYTHON, [SCRIPT, String(images), String(LIMIT_SECONDS)], {
      env,
      cwd: dirname(SCRIPT),
    });
    const info = await run("redis-cli", ["-p", port, "info", "memory"]);
    const bytes = Number(/used_memory_peak:(\d+)/.exec(info.stdout)?.[1]);
    return { ...Outcome.parse(JSON.parse(stdout)), bytes };
  } finally {
    for (const child of started.reverse()) {
      // Its process group: the processes of the worker's pool, too.
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }
    await rm(folder, { recursive: true, force: true });
  }
};

const runOurs = async (images: number): Promise<{ seconds: number; bytes: number }> => {
  const system = await startSystem();
  try {
    const file = system.path("hashes.ndjson");
    await writeHashes(file, { images, bits: 256, seed: images, copiesPerThousand: 0 });
    const started = performance.now();
    const job = await system.run({ kind: "hashes", file }, { kernel: "exhaustive" }, "chord", 600);
    const seconds = (performance.now() - started) / 1_000;
    if (job.state !== "completed" || job.completedTasks !== job.totalTasks) throw new Error(JSON.stringify(job));
    const { bus, close } = await connectTo(system.servers.environment);
    let bytes = 0;
    for (const stream of Object.values(STREAMS)) bytes += (await bus.jsm.streams.info(stream)).state.bytes;
    await close();
    return { seconds, bytes };
  } finally {
    await system.stop();
  }
};
