import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { DEFAULT_FEATURES } from "@lookalike/shared/domain/image/hash-block";
import { messageOf } from "@lookalike/shared/runtime/errors";
import pMap from "p-map";
import { type Bench, type Row, throughputRow } from "./bench.ts";
import { FILES, SMALL_FILES, SMALL_WIDTH, WIDTH, withMixedFiles, withPhotographs } from "./photograph-folders.ts";
import { cpuSecondsOfChildren } from "./quality/contenders/cpu-seconds.ts";
import { TOOLS } from "./rival-tools.ts";
import { median } from "./statistics.ts";
import { startHashers } from "./worker-pools.ts";

const run = promisify(execFile);
const MIXED_FILES = 5_000;

/** Seconds that passed, and those that cores were busy; null where they are not those of hashing alone. */
interface Time {
  readonly passed: number;
  readonly busy: number | null;
}

const busySeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 + cpuSecondsOfChildren();
};

/** @param work returns the seconds that count, where they are not all that pass */
const timed = async (work: () => Promise<number | undefined>): Promise<Time> => {
  const busy = busySeconds();
  const started = performance.now();
  const counted = await work();
  return { passed: counted ?? (performance.now() - started) / 1_000, busy: busySeconds() - busy };
};

/** The hasher's own processes over files of a folder, without services. */
const hashFolder = async (
  folder: string,
  names: readonly string[],
  threads: number,
  features: number,
): Promise<Time> => {
  const hashers = startHashers(threads);
  const hash = async (name: string): Promise<void> => {
    const { kind } = await hashers.hash(join(folder, name), features);
    if (kind === "failed") throw new Error(`${name}: ${kind}`);
  };
  // Every process has started before the clock does.
  await pMap(names.slice(0, hashers.concurrency), hash, { concurrency: hashers.concurrency });
  const time = await timed(async () => {
    await pMap(names, hash, { concurrency: hashers.concurrency });
    return undefined;
  });
  await hashers.close();
  return time;
};

const resizeLoop = async (folder: string, threads: number): Promise<Time> => {
  const loop = fileURLToPath(new URL("./rivals/resize-loop.ts", import.meta.url));
  const { stdout } = await run(process.execPath, ["--import", "tsx", loop, folder, String(threads)]);
  const [passed, busy] = stdout.trim().split(" ").map(Number) as [number, number];
  return { passed, busy };
};

/** A loop in C over the JPEG files alone, that decodes and does nothing else. @throws where the headers of libjpeg-turbo are missing */
const jpegLoop = async (folder: string, threads: number): Promise<Time> => {
  const scratch = await mkdtemp(join(tmpdir(), "lookalike-loop-"));
  try {
    const program = join(scratch, "loop");
    const source = fileURLToPath(new URL("./rivals/jpeg-loop.c", import.meta.url));
    await run("cc", ["-O3", "-pthread", source, "-o", program, "-ljpeg"]).catch((error: unknown) => {
      throw new Error("the loop can't be built: apt-get install gcc libjpeg62-turbo-dev", { cause: error });
    });
    return await timed(async () => Number((await run(program, [folder, String(threads)])).stdout));
  } finally {
    await rm(scratch, { recursive: true });
  }
};

const OURS = "ours";
const OUR_JPEGS = "ours, JPEG alone";
const RESIZE = "bare resize loop";
const LOOP = "libjpeg-turbo loop in C";

/** Files that are hashed, and what each rival is held to: how many times as many images a second; a rival without a goal does not run. */
interface Case {
  readonly name: string;
  readonly files: (images: number) => number;
  readonly withFiles: <Result>(files: number, work: (folder: string) => Promise<Result>) => Promise<Result>;
  readonly goals: { readonly off: Goals; readonly on: Goals };
}
type Goals = Readonly<Record<string, number>>;

const tools = (goals: readonly [imagededup: number, czkawka: number, findimagedupes: number]): Goals =>
  Object.fromEntries(Object.keys(TOOLS).map((name, index) => [name, goals[index] as number]));

const CASES: Readonly<Record<string, Case>> = {
  small: {
    name: `of ${SMALL_WIDTH} x ${(SMALL_WIDTH * 3) / 4}`,
    files: (images) => images * SMALL_FILES,
    withFiles: (files, work) => withPhotographs(files, SMALL_WIDTH, work),
    goals: {
      off: { [RESIZE]: 0.9, [LOOP]: 0.5, ...tools([2, 2, 2]) },
      // Features take longer than the loop, so nothing is required of their sum.
      on: { [RESIZE]: 0.9, ...tools([2.5, 1.1, 2.5]) },
    },
  },
  large: {
    name: `of ${WIDTH} x ${(WIDTH * 3) / 4}`,
    files: (images) => images,
    withFiles: (files, work) => withPhotographs(files, WIDTH, work),
    goals: {
      off: { [RESIZE]: 0.9, [LOOP]: 0.6, ...tools([4, 4, 4]) },
      on: { [RESIZE]: 0.9, [LOOP]: 0.6, ...tools([4, 4, 4]) },
    },
  },
  mixed: {
    name: "of many kinds, 1 to 48 megapixels",
    files: (images) => Math.ceil((images * MIXED_FILES) / FILES),
    withFiles: withMixedFiles,
    goals: { off: { [RESIZE]: 0.9 }, on: { [RESIZE]: 0.9 } },
  },
};

/** The selected ones of all. @throws Error for a name that there is not */
const selected = (option: string | undefined, all: readonly string[]): string[] => {
  const names = option?.split(",") ?? [...all];
  for (const name of names) if (!all.includes(name)) throw new Error(`${name}: one of ${all.join(", ")}`);
  return names;
};

export const hashing: Bench = {
  about: `hashing ${FILES} (or --images N) large, ${SMALL_FILES} times as many small and ${MIXED_FILES} mixed files (--files small,large,mixed), --features on,off, against bare loops in C and sharp and three duplicate finders (--rivals NAME,NAME)`,
  async run(rounds, say, images = FILES, options = {}) {
    const rows: Row[] = [];
    const features = selected(options["features"], ["off", "on"]) as ("off" | "on")[];
    const rivals = selected(options["rivals"], [RESIZE, LOOP, ...Object.keys(TOOLS)]);
    for (const name of selected(options["files"], Object.keys(CASES))) {
      const found = CASES[name] as Case;
      rows.push(
        ...(await found.withFiles(found.files(images), (folder) =>
          compareHashing(folder, found, features, rivals, rounds, say),
        )),
      );
    }
    return rows;
  },
};

const compareHashing = async (
  folder: string,
  { name: files, goals }: Case,
  features: readonly ("off" | "on")[],
  rivals: readonly string[],
  rounds: number,
  say: (text: string) => void,
): Promise<Row[]> => {
  const threads = availableParallelism();
  const names = await readdir(folder);
  const jpegs = names.filter((name) => name.endsWith(".jpg"));
  const times = new Map<string, Time[]>();
  const missing = new Set<string>();
  /** Runs a rival that may not be installed: what is missing is said once. */
  const measure = async (name: string, count: number, time: () => Promise<Time>): Promise<void> => {
    if (missing.has(name)) return;
    try {
      const taken = await time();
      times.set(name, [...(times.get(name) ?? []), taken]);
      const busy = taken.busy === null ? "" : `, ${((1_000 * taken.busy) / count).toFixed(2)} ms of a core each`;
      say(`${files}, ${name.padEnd(30)} ${(count / taken.passed).toFixed(1)} images/s${busy}`);
    } catch (error) {
      missing.add(name);
      say(`${name} is left out: ${messageOf(error).split("\n")[0]}`);
    }
  };
  const isMeasured = (name: string): boolean => rivals.includes(name) && features.some((on) => name in goals[on]);
  for (let round = 0; round < rounds; round += 1) {
    for (const on of features) {
      const most = on === "on" ? DEFAULT_FEATURES : 0;
      await measure(`${OURS}, features ${on}`, names.length, () => hashFolder(folder, names, threads, most));
      if (isMeasured(LOOP))
        await measure(`${OUR_JPEGS}, features ${on}`, jpegs.length, () => hashFolder(folder, jpegs, threads, most));
    }
    if (isMeasured(RESIZE)) await measure(RESIZE, names.length, () => resizeLoop(folder, threads));
    if (isMeasured(LOOP)) await measure(LOOP, jpegs.length, () => jpegLoop(folder, threads));
    for (const [name, tool] of Object.entries(TOOLS).filter(([name]) => isMeasured(name)))
      await measure(name, names.length, async () => {
        let own: number | null = null;
        const { passed, busy } = await timed(async () => {
          const reading = await tool(folder, threads);
          own = reading.hashing;
          return own ?? reading.seconds;
        });
        return { passed, busy: own === null ? busy : null };
      });
  }
  return features.flatMap((on) =>
    [...times.keys()]
      .filter((rival) => rivals.includes(rival))
      .flatMap((rival) => {
        const own = `${rival === LOOP ? OUR_JPEGS : OURS}, features ${on}`;
        const count = rival === LOOP ? jpegs.length : names.length;
        const rateOf = (name: string, which: keyof Time): number =>
          median((times.get(name) ?? []).map((time) => count / (time[which] ?? Number.NaN)));
        const rowOf = (which: keyof Time, unit: string): Row =>
          throughputRow({
            bench: "hashing",
            case: `${count} files ${files}, features ${on}, ${threads} cores`,
            ours: rateOf(own, which),
            rival,
            theirs: rateOf(rival, which),
            unit,
            goal: goals[on][rival] ?? null,
          });
        const isBusyKnown = times.get(rival)?.every(({ busy }) => busy !== null) === true;
        return [rowOf("passed", "images/s"), ...(isBusyKnown ? [rowOf("busy", "images/s of a core")] : [])];
      }),
  );
};
