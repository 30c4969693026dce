import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import pMap from "p-map";
import sharp, { type Sharp } from "sharp";
import { runningChildren } from "../test/support/peak-memory.ts";
import { makePhotographs } from "../test/support/photographs.ts";
import { drawScene } from "../test/support/scene.ts";
import { type Bench, costRow } from "./bench.ts";
import { startHashers } from "./worker-pools.ts";

const THREADS = 2;
/** 100 megapixels: a medium-format camera, a scan, a stitched panorama. */
const SIDE = 10_000;
const SCENE_SIDE = 1_000;
const SMALL_FILES = 60;
const COPIES = 2;
const INTERVAL_MS = 20;
const MEGABYTE = 2 ** 20;
const GOAL_MEGABYTES = 1_024;

/** Every way of coding in which a picture of this size is found. */
const CODINGS: Readonly<Record<string, (image: Sharp) => Sharp>> = {
  "baseline.jpg": (image) => image.jpeg({ quality: 80 }),
  "progressive.jpg": (image) => image.jpeg({ quality: 80, progressive: true }),
  "lossy.webp": (image) => image.webp({ quality: 60, effort: 0 }),
  "plain.png": (image) => image.png({ compressionLevel: 1 }),
  "lzw.tif": (image) => image.tiff({ compression: "lzw" }),
};

export const memory: Bench = {
  about: `peak memory of a hasher with ${THREADS} threads and 100-megapixel files among small ones`,
  async run(_rounds, say) {
    const folder = await mkdtemp(join(tmpdir(), "lookalike-memory-"));
    try {
      await makePhotographs(folder, SMALL_FILES, 640);
      const scene = { raw: { width: SCENE_SIDE, height: SCENE_SIDE, channels: 3 } } as const;
      const large = sharp(drawScene(1, SCENE_SIDE, SCENE_SIDE), scene).resize(SIDE, SIDE, { kernel: "linear" });
      for (const [name, encode] of Object.entries(CODINGS))
        for (let copy = 0; copy < COPIES; copy += 1)
          await encode(large.clone()).toFile(join(folder, `${copy}-${name}`));
      const names = (await readdir(folder)).sort();
      const rows = [];
      const small = names.filter((name) => !isLarge(name));
      for (const coding of [...Object.keys(CODINGS), null]) {
        const mixed = names.filter((name) => isLarge(name) && (coding === null || name.endsWith(coding)));
        const bytes = await peakOf(folder, [...mixed, ...small]);
        say(`${coding ?? "all of them"}: ${Math.round(bytes / MEGABYTE)} MB`);
        rows.push(
          costRow({
            bench: "memory",
            case: `${coding ?? "all of them"}, ${mixed.length} of 100 megapixels among ${small.length} small ones`,
            ours: bytes / MEGABYTE,
            rival: "limit",
            theirs: GOAL_MEGABYTES,
            unit: "MB",
            goal: 1,
          }),
        );
      }
      return rows;
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

const isLarge = (name: string): boolean => Object.keys(CODINGS).some((coding) => name.endsWith(coding));

/** The most bytes that the hasher's decoding processes have together, while they hash these files. */
const peakOf = async (folder: string, names: readonly string[]): Promise<number> => {
  const hashers = startHashers(THREADS);
  const hash = async (name: string): Promise<void> => {
    const outcome = await hashers.hash(join(folder, name));
    if (outcome.kind === "failed") throw new Error(`${name}: ${JSON.stringify(outcome.failure)}`);
  };
  let isDone = false;
  const hashed = pMap(names, hash, { concurrency: hashers.concurrency }).finally(() => {
    isDone = true;
  });
  let peak = 0;
  // One sample after the other: a process that allocates much is slow to answer.
  for (; !isDone; await setTimeout(INTERVAL_MS)) {
    const sizes = await Promise.all((await runningChildren()).map(proportionalBytes));
    peak = Math.max(
      peak,
      sizes.reduce((sum, size) => sum + size, 0),
    );
  }
  await hashed.finally(() => hashers.close());
  return peak;
};

/** Resident bytes of a process, what it shares with others divided among them; 0 where it has ended. */
const proportionalBytes = async (pid: string): Promise<number> => {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
  return Number(/^Pss:\s*(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1_024;
};
