import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { directorySource } from "@lookalike/shared/domain/job/source";
import pMap from "p-map";
import { makePhotographs } from "../test/support/photographs.ts";
import { startSystem } from "../test/support/system.ts";
import { type Bench, costRow, type Row, throughputRow } from "./bench.ts";
import { installedScenes } from "./installed-photographs.ts";
import { TOOLS } from "./rival-tools.ts";
import { median } from "./statistics.ts";
import { startHashers } from "./worker-pools.ts";

const run = promisify(execFile);
const FILES = 2_000;
/** 6.2 megapixels: an older camera, a phone with its pixels binned. */
const WIDTH = 2_880;
/** So many small files for each large one. */
const SMALL_FILES = 10;
const SMALL_WIDTH = 640;

const withPhotographs = async <Result>(
  files: number,
  width: number,
  work: (folder: string) => Promise<Result>,
): Promise<Result> => {
  const folder = await mkdtemp(join(tmpdir(), "lookalike-photographs-"));
  try {
    await makePhotographs(folder, files, width, installedScenes());
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
};

/** The hasher's own worker threads over a folder, without services. @returns seconds */
const hashFolder = async (folder: string, threads: number): Promise<number> => {
  const hashers = startHashers(threads);
  const names = await readdir(folder);
  const hash = async (name: string): Promise<void> => {
    const { kind } = await hashers.hash(join(folder, name));
    if (kind === "failed") throw new Error(`${name}: ${kind}`);
  };
  await hash(names[0] ?? "");
  const started = performance.now();
  await pMap(names, hash, { concurrency: threads + 1 });
  const seconds = (performance.now() - started) / 1_000;
  await hashers.close();
  return seconds;
};

const resizeLoop = async (folder: string, threads: number): Promise<number> => {
  const loop = fileURLToPath(new URL("./rivals/resize-loop.ts", import.meta.url));
  const { stdout } = await run(process.execPath, ["--import", "tsx", loop, folder, String(threads)]);
  return Number(stdout);
};

export const hashing: Bench = {
  about: `hashing ${FILES} real files: a bare resize loop, and three duplicate finders`,
  run: (rounds, say) =>
    withPhotographs(FILES, WIDTH, async (folder) => {
      const threads = availableParallelism();
      const readings: Record<string, number[]> = {};
      const note = (name: string, seconds: number) => {
        readings[name] = [...(readings[name] ?? []), seconds];
        say(`${name.padEnd(18)} ${(FILES / seconds).toFixed(1)} images/s`);
      };
      for (let round = 0; round < rounds; round += 1) {
        note("ours", await hashFolder(folder, threads));
        note("bare resize loop", await resizeLoop(folder, threads));
        for (const [name, tool] of Object.entries(TOOLS)) {
          const { hashing: own, seconds } = await tool(folder, threads);
          note(name, own ?? seconds);
        }
      }
      const rate = (name: string): number => FILES / median(readings[name] ?? []);
      return Object.keys(readings)
        .filter((name) => name !== "ours")
        .map((rival) =>
          throughputRow({
            bench: "hashing",
            case: `${FILES} files of ${WIDTH} x ${(WIDTH * 3) / 4}, ${threads} cores`,
            ours: rate("ours"),
            rival,
            theirs: rate(rival),
            unit: "images/s",
            goal: rival === "bare resize loop" ? 0.9 : 3,
          }),
        );
    }),
};

/** Files to groups through the four services and their servers, started before the clock. @returns seconds */
const wholeJob = async (folder: string): Promise<number> => {
  const system = await startSystem();
  try {
    const started = performance.now();
    const job = await system.run(directorySource(folder), {}, "job", 1_200);
    if (job.state !== "completed" || job.failedImages > 0) throw new Error(JSON.stringify(job));
    return (performance.now() - started) / 1_000;
  } finally {
    await system.stop();
  }
};

export const job: Bench = {
  about: `files to groups, ${FILES} (or --images N) of ${WIDTH} pixels and ${SMALL_FILES} times as many small ones, against three duplicate finders`,
  async run(rounds, say, images = FILES) {
    const rows: Row[] = [];
    for (const [files, width] of [
      [images, WIDTH],
      [images * SMALL_FILES, SMALL_WIDTH],
    ] as const) {
      await withPhotographs(files, width, async (folder) => {
        const threads = availableParallelism();
        const readings: Record<string, number[]> = { ours: [] };
        for (let round = 0; round < rounds; round += 1) {
          readings["ours"]?.push(await wholeJob(folder));
          say(`ours: ${readings["ours"]?.at(-1)?.toFixed(1)} s`);
          for (const [name, tool] of Object.entries(TOOLS)) {
            const { seconds } = await tool(folder, threads);
            readings[name] = [...(readings[name] ?? []), seconds];
            say(`${name}: ${seconds.toFixed(1)} s`);
          }
        }
        for (const rival of Object.keys(TOOLS))
          rows.push(
            costRow({
              bench: "job",
              case: `${files} files of ${width} x ${(width * 3) / 4}, files to groups`,
              ours: median(readings["ours"] ?? []),
              rival,
              theirs: median(readings[rival] ?? []),
              unit: "s",
              goal: 1,
            }),
          );
      });
    }
    return rows;
  },
};
