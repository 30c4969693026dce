import { readFile } from "node:fs/promises";
import type { JobOptions } from "@lookalike/shared/domain/job/options";
import { directorySource } from "@lookalike/shared/domain/job/source";
import { connectTo } from "../test/support/servers.ts";
import { type System, startSystem } from "../test/support/system.ts";
import { type Bench, costRow } from "./bench.ts";
import { WIDTH, withFewCopies } from "./photograph-folders.ts";
import { median } from "./statistics.ts";

const FILES = 1_000;
/** Of so many photographs one has a copy: a library that was never cleaned up. */
const ONE_IN = 5;
/** With everything on, a job costs at most one and a half times as much. */
const GOAL = 1 / 1.5;
const TICKS_PER_SECOND = 100;
/** Fields of /proc/self/stat: CPU of the children that have ended, and of theirs. */
const CHILD_TICKS = [15, 16];

interface Reading {
  readonly cpuSeconds: number;
  readonly pairs: number;
}

/** A whole job with these options, its servers and services included; null = these alone. */
const measured = async (folder: string, options: Partial<JobOptions> | null): Promise<Reading> => {
  const before = await childSeconds();
  const system = await startSystem();
  let pairs = 0;
  try {
    if (options !== null) pairs = await pairsLookedAt(system, folder, options);
  } finally {
    await system.stop();
  }
  return { cpuSeconds: (await childSeconds()) - before, pairs };
};

const pairsLookedAt = async (system: System, folder: string, options: Partial<JobOptions>): Promise<number> => {
  const job = await system.run(directorySource(folder), options, "job", 3_600);
  if (job.state !== "completed" || job.failedImages > 0) throw new Error(JSON.stringify(job));
  const { store, close } = await connectTo(system.servers.environment);
  const { rows } = await store.pool.query<{ pairs: number }>("select count(*)::int as pairs from verified_pair");
  await close();
  return rows[0]?.pairs ?? 0;
};

const childSeconds = async (): Promise<number> => {
  const stat = await readFile("/proc/self/stat", "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // The first two fields, the second one in parentheses, are not among them.
  return CHILD_TICKS.reduce((sum, field) => sum + Number(fields[field - 2]), 0) / TICKS_PER_SECOND;
};

/** What a job costs that takes features and looks at candidates of all sources, beside one that compares one hash. */
export const evidencePrice: Bench = {
  about: `CPU of a job with features and verification beside one without (--images ${FILES}, one in ${ONE_IN} with a copy)`,
  async run(rounds, say, images = FILES) {
    return withFewCopies(images, ONE_IN, WIDTH, async (folder) => {
      const readings: Record<"on" | "off", number[]> = { on: [], off: [] };
      for (let round = 0; round < rounds; round += 1) {
        const { cpuSeconds: servers } = await measured(folder, null);
        const off = await measured(folder, { features: false });
        const on = await measured(folder, { verification: true });
        readings.off.push(off.cpuSeconds - servers);
        readings.on.push(on.cpuSeconds - servers);
        say(
          `servers ${servers.toFixed(1)} s of CPU, with a job by hashes ${off.cpuSeconds.toFixed(1)} s, with all evidence ${on.cpuSeconds.toFixed(1)} s, ${on.pairs} pairs looked at`,
        );
      }
      return [
        costRow({
          bench: "evidence-price",
          case: `${images} photographs of ${WIDTH} pixels, one in ${ONE_IN} with a copy: features and verification`,
          ours: median(readings.on),
          rival: "hash alone",
          theirs: median(readings.off),
          unit: "s of CPU",
          goal: GOAL,
        }),
      ];
    });
  },
};
