import { appendFile, cp, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { directorySource, type Source } from "@lookalike/shared/domain/job/source";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeHashes } from "../support/hashes.ts";
import { makePhotographs } from "../support/photographs.ts";
import { connectTo, groupsOf, type System, startSystem } from "../support/system.ts";

let system: System;
const inFolder = (name: string): string => join(system.servers.folder, name);
const folder = (name: string): Source => directorySource(inFolder(name));
const hashes = (name: string): Source => ({ kind: "hashes", file: inFolder(name) });
const pathsOf = async (job: string): Promise<string[][]> => {
  const groups: string[][] = [];
  for await (const { members } of system.client.groups(job)) groups.push(members.map(({ path }) => path));
  return groups;
};

const failuresOf = async (job: string): Promise<string[]> => {
  const failed: string[] = [];
  for await (const { path, reason } of system.client.failures(job)) failed.push(`${path} ${reason}`);
  return failed;
};

beforeAll(async () => {
  system = await startSystem({ LOOKALIKE_RECONCILE_INTERVAL_MS: "1000" });
});
afterAll(() => system.stop());

describe("a catalog of 1,000 real photographs and variants of them", () => {
  const IMAGES = 1_000;

  beforeAll(() => makePhotographs(inFolder("photographs"), IMAGES, 320));

  it("gets groups that never mix scenes, with every exact copy found", async () => {
    const job = await system.run(folder("photographs"), { pairsPerTask: 2 });
    expect(job).toMatchObject({
      state: "completed",
      totalImages: IMAGES,
      completedImages: IMAGES,
      failedImages: 0,
      totalBlocks: 4,
      totalBlockPairs: 10,
      completedBlockPairs: 10,
      totalTasks: 5,
      completedTasks: 5,
      quarantinedTasks: 0,
    });
    const sceneOf = (path: string): string => path.slice(0, 6);
    const groups = await pathsOf(job.id);
    const mixed = groups.filter((paths) => new Set(paths.map(sceneOf)).size > 1);
    // A few pieces of a painting's sky are one picture even to the eye.
    expect(mixed.length).toBeLessThanOrEqual(groups.length * 0.03);
    const groupOf = new Map(groups.flatMap((paths, at) => paths.map((path) => [path, at] as const)));
    const scenes = Math.ceil(IMAGES / 7);
    for (let scene = 0; scene + scenes * 6 < IMAGES; scene += 1) {
      const name = String(scene).padStart(6, "0");
      if (groupOf.has(`${name}-0.jpg`)) expect(groupOf.get(`${name}-copy.jpg`)).toBe(groupOf.get(`${name}-0.jpg`));
    }
    expect(groups.flat().length).toBeGreaterThan(IMAGES * 0.85);
  });

  it("is not hashed or compared again when nothing changed, and another threshold only regroups", async () => {
    const again = await system.run(folder("photographs"));
    expect(again).toMatchObject({ state: "completed", completedImages: IMAGES, totalBlockPairs: 0, totalTasks: 0 });
    const first = await groupsOf(system.client, again.id);
    expect(first.length).toBeGreaterThan(100);
    const strict = await system.run(folder("photographs"), { thresholdBits: 0 });
    expect(strict.totalTasks).toBe(0);
    for (const group of await groupsOf(system.client, strict.id)) expect(group).not.toMatch(/\/[1-9]/);
    expect(await groupsOf(system.client, (await system.run(folder("photographs"))).id)).toEqual(first);
  });
});

describe("a grown catalog", () => {
  it("hashes and compares only what is new, and its groups are those of a full job from scratch", async () => {
    await makePhotographs(inFolder("all"), 140, 240);
    await mkdir(inFolder("growing"));
    const shared = { blockSize: 20, pairsPerTask: 3 };
    const names = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, at) => String(from + at).padStart(6, "0"));
    const grow = async (scenes: string[]): Promise<void> => {
      for (const scene of scenes) {
        for (const variant of ["0.jpg", "1.jpg", "2.webp", "3.jpg", "4.jpg", "5.jpg", "copy.jpg"]) {
          await cp(join(inFolder("all"), `${scene}-${variant}`), join(inFolder("growing"), `${scene}-${variant}`), {
            preserveTimestamps: true,
          });
        }
      }
    };
    await grow(names(0, 12));
    const first = await system.run(folder("growing"), shared);
    expect(first).toMatchObject({ totalImages: 84, totalBlocks: 5, totalBlockPairs: 15 });
    await grow(names(12, 20));
    const second = await system.run(folder("growing"), shared);
    // 56 new images in 3 new blocks: the partly filled fifth block is left as it is.
    expect(second).toMatchObject({ totalImages: 140, completedImages: 140, totalBlocks: 8, totalBlockPairs: 36 - 15 });
    const scratch = await system.run(folder("growing"), shared, "from scratch");
    expect(scratch.totalBlockPairs).toBe(28);
    const sorted = async (job: string) => (await pathsOf(job)).map((paths) => [...paths].sort().join(" ")).sort();
    expect(await sorted(second.id)).toEqual(await sorted(scratch.id));
  });

  it("forgets vanished files, hashes changed ones again, and leaves no group of one", async () => {
    await makePhotographs(inFolder("changing"), 14, 240);
    const all = await pathsOf((await system.run(folder("changing"))).id);
    expect(all.flat()).toContain("000000-copy.jpg");
    await rm(join(inFolder("changing"), "000000-copy.jpg"));
    await cp(join(inFolder("changing"), "000001-0.jpg"), join(inFolder("changing"), "000000-1.jpg"));
    const changed = await system.run(folder("changing"));
    expect(changed).toMatchObject({ state: "completed", totalImages: 13 });
    const groups = await pathsOf(changed.id);
    expect(groups.flat()).not.toContain("000000-copy.jpg");
    expect(groups.find((paths) => paths.includes("000000-1.jpg"))).toContain("000001-0.jpg");
    for (const group of groups) expect(group.length).toBeGreaterThan(1);
    await rename(inFolder("changing"), inFolder("elsewhere"));
    const gone = await system.run(folder("changing"));
    expect(gone).toMatchObject({ state: "failed", failure: expect.stringContaining("no such file or folder") });
  });
});

describe("a catalog of given hashes", () => {
  beforeAll(() => writeHashes(inFolder("5000.ndjson"), { images: 5_000, bits: 64, seed: 7, copiesPerThousand: 80 }));

  it("gives the same groups however its tasks are cut and handed out", async () => {
    const reference = await system.run(hashes("5000.ndjson"), { blockSize: 100 }, "window");
    expect(reference).toMatchObject({
      totalBlocks: 50,
      totalBlockPairs: 1_275,
      totalTasks: 26,
      completedTasks: 26,
      thresholdBits: 5,
      kernel: "exhaustive",
      kernelReason: expect.stringContaining("exhaustive"),
    });
    const groups = await groupsOf(system.client, reference.id);
    expect(groups.length).toBeGreaterThan(200);
    const cases = [
      { dispatch: "waves", batchSize: 5 },
      { dispatch: "all" },
      { dispatch: "window", pairsPerTask: 500 },
      { dispatch: "window", pairsPerTask: 1_000, batchSize: 1 },
      { kernel: "indexed" },
      { kernel: "indexed", blockSize: 7, dispatch: "all" },
    ] as const;
    for (const options of cases) {
      const job = await system.run(hashes("5000.ndjson"), { blockSize: 100, ...options }, JSON.stringify(options));
      const kernel = "kernel" in options ? options.kernel : "exhaustive";
      expect(job).toMatchObject({ kernel, completedBlockPairs: job.totalBlockPairs, quarantinedTasks: 0 });
      expect([options, await groupsOf(system.client, job.id)]).toEqual([options, groups]);
    }
  });

  it("stores a million edges of one task part by part, and groups by all of them", async () => {
    // Two of 64 bits set, in 1,500 ways: no two are more than 4 bits apart.
    const lines: string[] = [];
    for (let low = 0; lines.length < 1_500; low += 1)
      for (let high = low + 1; high < 64 && lines.length < 1_500; high += 1) {
        const hash = ((1n << BigInt(low)) | (1n << BigInt(high))) ^ 0x0f0f_3333_5555_00ffn;
        lines.push(JSON.stringify({ id: `${low}-${high}`, hash: hash.toString(16).padStart(16, "0") }));
      }
    await writeFile(inFolder("alike.ndjson"), lines.join("\n"));
    for (const kernel of ["exhaustive", "indexed"] as const) {
      const job = await system.run(hashes("alike.ndjson"), { kernel }, `alike, ${kernel}`);
      expect(job.result).toMatchObject({ edges: (1_500 * 1_499) / 2 });
      expect(await groupsOf(system.client, job.id)).toHaveLength(1);
      const { store, close } = await connectTo(system.servers.environment);
      const { rows } = await store.pool.query("select count(*)::int as parts from compare_result where job_id = $1", [
        job.id,
      ]);
      await close();
      // One task of many parts; or bands, each with its own.
      expect(rows[0].parts).toBeGreaterThan(3);
    }
  });

  it("reports bad lines, sets flat hashes apart and collapses equal ones", async () => {
    const hash = "0123456789abcdef";
    const lines = [
      { id: "a", hash, width: 10, height: 10 },
      { id: "b", hash: hash.toUpperCase() },
      { id: "a", hash: "fedcba9876543210" },
      { id: "short", hash: "0123" },
      { id: "long", hash: hash.repeat(4) },
      { id: "black 1", hash: "0".repeat(16) },
      { id: "black 2", hash: "0".repeat(16) },
      { id: "nearly", hash: "0123456789abcdee" },
    ].map((line) => JSON.stringify(line));
    await writeFile(inFolder("odd.ndjson"), [...lines, "no json", ""].join("\n"));
    const job = await system.run(hashes("odd.ndjson"));
    expect(job).toMatchObject({ state: "completed", totalImages: 9, failedImages: 4, result: { flatImages: 2 } });
    expect(await pathsOf(job.id)).toEqual([["a", "b", "nearly"]]);
    expect(await failuresOf(job.id)).toEqual([
      "line 3 duplicate-id",
      "line 4 bad-line",
      "line 5 bad-line",
      "line 9 bad-line",
    ]);
  });

  it("that has grown is read from there; what is wrong with a line does not depend on where reading begins", async () => {
    const lines = [{ id: "c", hash: "0123456789abcdee" }].map((line) => `${JSON.stringify(line)}\n`);
    await appendFile(inFolder("odd.ndjson"), lines.join(""));
    const grown = await system.run(hashes("odd.ndjson"));
    expect(grown).toMatchObject({ totalImages: 10, failedImages: 4 });
    expect(await pathsOf(grown.id)).toEqual([["a", "b", "nearly", "c"]]);
    // This id stands in the part that would not be read again.
    await appendFile(inFolder("odd.ndjson"), `${JSON.stringify({ id: "a", hash: "fedcba9876543210" })}\n`);
    const repeated = await system.run(hashes("odd.ndjson"));
    expect(repeated).toMatchObject({ totalImages: 11, failedImages: 5 });
    expect(await pathsOf(repeated.id)).toEqual([["a", "b", "nearly", "c"]]);
    const anew = await system.run(hashes("odd.ndjson"), {}, "odd lines from the start");
    expect((await failuresOf(repeated.id)).sort()).toEqual((await failuresOf(anew.id)).sort());
  });

  it("fails with a clear word where the threshold is too large for the hashes", async () => {
    const job = await system.run(hashes("5000.ndjson"), { thresholdBits: 40 }, "too large");
    expect(job).toMatchObject({ state: "failed", failure: "threshold 40: at most 16 bits for 64-bit hashes" });
  });
});

describe("the write-once stream", () => {
  it("holds exactly one finalize for every job that was finalized", async () => {
    const { bus, store, close } = await connectTo(system.servers.environment);
    const { rows } = await store.pool.query("select count(*)::int as jobs from finalization");
    const { state } = await bus.jsm.streams.info("LOOKALIKE_FINALIZE", { subjects_filter: ">" });
    expect(Object.values(state.subjects ?? {})).toEqual(Array.from({ length: rows[0].jobs }, () => 1));
    await close();
  });
});
