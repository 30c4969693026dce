import { type ChildProcess, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { JobOptions } from "@lookalike/shared/domain/job/options";
import { writeHashes } from "../test/support/hashes.ts";
import { finished, startSystem } from "../test/support/system.ts";
import { type Bench, costRow } from "./bench.ts";
import { median } from "./statistics.ts";

const BULK_JOBS = 60;
const BULK_IMAGES = 20_000;
const SMALL_IMAGES = 1_000;
/** One task of a bulk job that a worker may have just begun: 50 block pairs of 250 images. */
const TASK_SECONDS = 0.1;
/** When the small job comes: at once, and when the others are in the middle of their work. */
const PAUSES_SECONDS = [0, 5, 15];

const READINGS = 20;
const READING_MS = 50;

/** How many threads of this machine compute or wait for a processor, on the average of a second, without the one that reads (proc_stat(5)). */
const runnableThreads = async (): Promise<number> => {
  let sum = 0;
  for (let reading = 0; reading < READINGS; reading += 1) {
    const running = /^procs_running (\d+)$/m.exec(await readFile("/proc/stat", "utf8"));
    if (running === null) throw new Error("/proc/stat does not say how many threads are running");
    sum += Number(running[1]) - 1;
    await sleep(READING_MS);
  }
  return sum / READINGS;
};

/** The time of a small job beside sixty large ones, against that on an idle system. */
export const fairness: Bench = {
  about: "a job of 1,000 images beside sixty of 20,000, against an idle system",
  async run(rounds, say, images = BULK_IMAGES) {
    const system = await startSystem({ LOG_LEVEL: "error" });
    const { client } = system;
    try {
      const bulk = system.path("bulk.ndjson");
      const small = system.path("small.ndjson");
      await writeHashes(bulk, { images, bits: 256, seed: 60, copiesPerThousand: 60 });
      await writeHashes(small, { images: SMALL_IMAGES, bits: 256, seed: 61, copiesPerThousand: 60 });
      let name = 0;
      const begin = async (file: string): Promise<string> => {
        name += 1;
        const catalog = await client.openCatalog(`catalog ${name}`, { kind: "hashes", file });
        return (await client.startJob(catalog, JobOptions.parse({}))).id;
      };
      const secondsOfSmall = async (): Promise<number> => {
        const started = performance.now();
        const { state } = await finished(client, await begin(small), 600);
        if (state !== "completed") throw new Error(`the small job is ${state}`);
        return (performance.now() - started) / 1_000;
      };
      const idle: number[] = [];
      for (let round = 0; round <= rounds; round += 1) idle.push(await secondsOfSmall());
      // The first one finds nothing compiled.
      const alone = median(idle.slice(1));
      say(`alone: ${idle.map((seconds) => seconds.toFixed(2)).join(", ")} s`);
      const bulkJobs = [];
      for (let job = 0; job < BULK_JOBS; job += 1) bulkJobs.push(await begin(bulk));
      const rows = [];
      const runnable: number[] = [];
      for (const pause of PAUSES_SECONDS) {
        await sleep(pause * 1_000);
        runnable.push(await runnableThreads());
        const beside = await secondsOfSmall();
        const phases = await Promise.all(bulkJobs.map(async (id) => (await client.readJob(id)).phase));
        const done = phases.filter((phase) => phase === "done").length;
        say(`beside ${BULK_JOBS - done} others (${new Set(phases).size} phases): ${beside.toFixed(2)} s`);
        rows.push(
          costRow({
            bench: "fairness",
            case: `after ${pause} s, beside ${BULK_JOBS - done} jobs of ${images}`,
            ours: beside,
            rival: "twice alone, and a task",
            theirs: 2 * alone + TASK_SECONDS,
            unit: "s",
            goal: 1,
          }),
        );
      }
      await Promise.all(
        bulkJobs.map((id) => client.api.POST("/v1/jobs/{job}/cancel", { params: { path: { job: id } } })),
      );
      await Promise.all(bulkJobs.map((id) => finished(client, id, 600)));
      // What the machine alone costs: the same job on an idle system, where as many programs compute as threads of the large jobs did.
      const count = Math.max(1, Math.round(median(runnable)));
      const programs: ChildProcess[] = [];
      for (let program = 0; program < count; program += 1) programs.push(spawn(process.execPath, ["-e", "for (;;);"]));
      try {
        const busy: number[] = [];
        for (let round = 0; round < rounds; round += 1) busy.push(await secondsOfSmall());
        say(`alone beside ${count} programs that compute: ${busy.map((seconds) => seconds.toFixed(2)).join(", ")} s`);
        rows.push(
          costRow({
            bench: "fairness",
            case: `no other job, beside ${count} programs that compute`,
            ours: median(busy),
            rival: "twice alone, and a task",
            theirs: 2 * alone + TASK_SECONDS,
            unit: "s",
            goal: null,
          }),
        );
      } finally {
        for (const program of programs) program.kill("SIGKILL");
      }
      return rows;
    } finally {
      await system.stop();
    }
  },
};
