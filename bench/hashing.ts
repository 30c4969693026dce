import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { directorySource } from "@lookalike/shared/domain/job/source";
import { messageOf } from "@lookalike/shared/runtime/errors";
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

/** The hasher's own processes over files of a folder, without services. @returns seconds */
const hashFolder = async (folder: string, names: readonly string[], threads: number): Promise<number> => {
  const hashers = startHashers(threads);
  const hash = async (name: string): Promise<void> => {
    const { kind } = await hashers.hash(join(folder, name));
    if (kind === "failed") throw new Error(`${name}: ${kind}`);
  };
  // Every process has started before the clock does.
  await pMap(names.slice(0, hashers.concurrency), hash, { concurrency: hashers.concurrency });
  const started = performance.now();
  await pMap(names, hash, { concurrency: hashers.concurrency });
  const seconds = (performance.now() - started) / 1_000;
  await hashers.close();
  return seconds;
};

const resizeLoop = async (folder: string, threads: number): Promise<number> => {
  const loop = fileURLToPath(new URL("./rivals/resize-loop.ts", import.meta.url));
  const { stdout } = await run(process.execPath, ["--import", "tsx", loop, folder, String(threads)]);
  return Number(stdout);
};

/** A loop in C over the JPEG files alone, that decodes and does nothing else. @throws where the headers of libjpeg-turbo are missing */
const jpegLoop = async (folder: string, threads: number): Promise<number> => {
  const scratch = await mkdtemp(join(tmpdir(), "lookalike-loop-"));
  try {
    const program = join(scratch, "loop");
    const source = fileURLToPath(new URL("./rivals/jpeg-loop.c", import.meta.url));
    await run("cc", ["-O3", "-pthread", source, "-o", program, "-ljpeg"]).catch((error: unknown) => {
      throw new Error("the loop can't be built: apt-get install gcc libjpeg62-turbo-dev", { cause: error });
    });
    const { stdout } = await run(program, [folder, String(threads)]);
    return Number(stdout);
  } finally {
    await rm(scratch, { recursive: true });
  }
};

/** What each rival is held to, by the size of the files: how many times as many images a second. */
const GOALS = {
  large: { loop: 0.6, resize: 0.9, tool: 4 },
  small: { loop: 0.5, resize: 0.9, tool: 2 },
} as const;

type Goals = (typeof GOALS)[keyof typeof GOALS];

export const hashing: Bench = {
  about: `hashing ${FILES} (or --images N) large and ${SMALL_FILES} times as many small files: bare loops in C and sharp, and three duplicate finders`,
  async run(rounds, say, images = FILES) {
    const rows: Row[] = [];
    for (const [files, width, goals] of [
      [images * SMALL_FILES, SMALL_WIDTH, GOALS.small],
      [images, WIDTH, GOALS.large],
    ] as const)
      rows.push(
        ...(await withPhotographs(files, width, (folder) => compareHashing(folder, width, goals, rounds, say))),
      );
    return rows;
  },
};

const compareHashing = async (
  folder: string,
  width: number,
  goals: Goals,
  rounds: number,
  say: (text: string) => void,
): Promise<Row[]> => {
  const threads = availableParallelism();
  const names = await readdir(folder);
  const jpegs = names.filter((name) => name.endsWith(".jpg"));
  const rates = new Map<string, number[]>();
  const missing = new Set<string>();
  /** Runs a rival that may not be installed: what is missing is said once. */
  const measure = async (name: string, files: number, time: () => Promise<number>): Promise<void> => {
    if (missing.has(name)) return;
    try {
      const rate = files / (await time());
      rates.set(name, [...(rates.get(name) ?? []), rate]);
      say(`${width} pixels, ${name.padEnd(24)} ${rate.toFixed(1)} images/s`);
    } catch (error) {
      missing.add(name);
      say(`${name} is left out: ${messageOf(error).split("\n")[0]}`);
    }
  };
  for (let round = 0; round < rounds; round += 1) {
    await measure(OURS, names.length, () => hashFolder(folder, names, threads));
    await measure(RESIZE, names.length, () => resizeLoop(folder, threads));
    await measure(OUR_JPEGS, jpegs.length, () => hashFolder(folder, jpegs, threads));
    await measure(LOOP, jpegs.length, () => jpegLoop(folder, threads));
    for (const [name, tool] of Object.entries(TOOLS))
      await measure(name, names.length, async () => {
        const { hashing: own, seconds } = await tool(folder, threads);
        return own ?? seconds;
      });
  }
  const rateOf = (name: string): number => median(rates.get(name) ?? []);
  return [...rates.keys()]
    .filter((name) => name !== OURS && name !== OUR_JPEGS)
    .map((rival) => {
      const ours = rival === LOOP ? OUR_JPEGS : OURS;
      return throughputRow({
        bench: "hashing",
        case: `${rival === LOOP ? jpegs.length : names.length} files of ${width} x ${(width * 3) / 4}, ${threads} cores`,
        ours: rateOf(ours),
        rival,
        theirs: rateOf(rival),
        unit: "images/s",
        goal: goalOf(rival, goals),
      });
    });
};

const goalOf = (rival: string, { loop, resize, tool }: Goals): number => {
  if (rival === LOOP) return loop;
  return rival === RESIZE ? resize : tool;
};

const OURS = "ours";
const OUR_JPEGS = "ours, JPEG alone";
const RESIZE = "bare resize loop";
const LOOP = "libjpeg-turbo loop in C";

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
