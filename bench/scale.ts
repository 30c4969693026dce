import { readdir, readFile, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { JobOptions } from "@lookalike/shared/domain/job/options";
import type { KernelChoice } from "@lookalike/shared/domain/job/plan";
import { writeHashes } from "../test/support/hashes.ts";
import { startSystem } from "../test/support/system.ts";
import { type Bench, costRow, type Row } from "./bench.ts";
import { engineAlone } from "./engine-alone.ts";
import { recordAlone } from "./record-alone.ts";
import { median } from "./statistics.ts";

const MB = 1_000_000;
const IMAGES = 1_000_000;
/** Above this, the exhaustive kernel would take hours. */
const EXHAUSTIVE_IMAGES = 1_000_000;
const GOAL = 0.7;
const LIMIT_GB = 24;

/** A `hashes` source through the services, against the same kernels alone in one process. */
export const scale: Bench = {
  about: "1,000,000 hashes (or --images N) through the services, against the engine alone",
  async run(rounds, say, images = IMAGES) {
    const file = join(tmpdir(), `lookalike-bench-${process.pid}.ndjson`);
    await writeHashes(file, { images, bits: 256, seed: images, copiesPerThousand: 60 });
    const rows: Row[] = [];
    try {
      const kernels: KernelChoice[] = images <= EXHAUSTIVE_IMAGES ? ["auto", "exhaustive"] : ["auto"];
      for (const kernel of kernels) {
        const ours: number[] = [];
        const theirs: number[] = [];
        const least: number[] = [];
        for (let round = 0; round < rounds; round += 1) {
          const started = performance.now();
          const groups = await engineAlone(file, images, kernel, availableParallelism());
          theirs.push((performance.now() - started) / 1_000);
          say(`${kernel}: engine alone ${theirs.at(-1)?.toFixed(1)} s, ${groups} groups`);
          const { seconds, peaks, recordSeconds } = await throughServices(file, kernel, say);
          ours.push(seconds);
          least.push((theirs.at(-1) ?? 0) + recordSeconds);
          say(`${kernel}: the record alone ${recordSeconds.toFixed(1)} s`);
          const total = peaks.reduce((sum, { bytes }) => sum + bytes, 0);
          for (const { name, bytes } of peaks) say(`  peak RSS ${(bytes / MB).toFixed(0).padStart(6)} MB  ${name}`);
          rows.push(
            costRow({
              bench: "scale",
              case: `${images} hashes, ${kernel}: sum of the processes' peak RSS`,
              ours: total / MB / 1_000,
              rival: "limit",
              theirs: LIMIT_GB,
              unit: "GB",
              goal: 1,
            }),
          );
        }
        rows.push(
          costRow({
            bench: "scale",
            case: `${images} hashes, ${kernel} kernel`,
            ours: median(ours),
            rival: "engine alone",
            theirs: median(theirs),
            unit: "s",
            goal: images === IMAGES ? GOAL : null,
          }),
          costRow({
            bench: "scale",
            case: `${images} hashes, ${kernel} kernel`,
            ours: median(ours),
            rival: "engine alone, then the record alone",
            theirs: median(least),
            unit: "s",
            goal: null,
          }),
        );
      }
    } finally {
      await rm(file, { force: true });
    }
    return rows;
  },
};

interface Peak {
  readonly name: string;
  readonly bytes: number;
}

const throughServices = async (
  file: string,
  kernel: KernelChoice,
  say: (text: string) => void,
): Promise<{ seconds: number; peaks: Peak[]; recordSeconds: number }> => {
  const system = await startSystem({ LOG_LEVEL: "info" });
  try {
    const catalog = await system.client.openCatalog("scale", { kind: "hashes", file });
    const started = performance.now();
    const seconds = () => (performance.now() - started) / 1_000;
    const { id } = await system.client.startJob(catalog, JobOptions.parse({ kernel }));
    let phase = "";
    for (; phase !== "done"; await sleep(100)) {
      const job = await system.client.readJob(id);
      if (job.phase === phase) continue;
      phase = job.phase;
      say(`  ${seconds().toFixed(1).padStart(7)} s  ${phase}  ${job.kernelReason ?? ""}`);
      if (phase === "done" && job.state !== "completed") throw new Error(JSON.stringify(job));
    }
    const result = { seconds: seconds(), peaks: await peakMemory(system.servers.folder) };
    await system.services.stop();
    const recordSeconds = await recordAlone(system.servers.environment);
    for (const name of ["comparer", "coordinator", "hasher"]) {
      const log = await readFile(join(system.servers.folder, "logs", `${name}.log`), "utf8");
      const delay = /"eventLoopDelayMs":(\{[^}]*\})/.exec(log)?.[1];
      say(`  event loop of the ${name} blocked, ms: ${delay}`);
    }
    return { ...result, recordSeconds };
  } finally {
    await system.stop();
  }
};

/** Peak RSS of every process of the system; PostgreSQL's have its shared buffers in them, each time. */
const peakMemory = async (folder: string): Promise<Peak[]> => {
  const peaks = new Map<string, number>();
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const command = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).replaceAll("\0", " ");
    const service = /services\/(\w+)\/dist\/main\.js/.exec(command)?.[1];
    const name =
      service ??
      (command.includes("nats-server") && command.includes(folder)
        ? "nats-server"
        : command.startsWith("postgres:") || command.includes(join(folder, "data", "postgres"))
          ? "postgres, all its processes"
          : null);
    if (name === null) continue;
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    peaks.set(name, (peaks.get(name) ?? 0) + Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1_024);
  }
  return [...peaks].map(([name, bytes]) => ({ name, bytes })).sort((x, y) => y.bytes - x.bytes);
};
