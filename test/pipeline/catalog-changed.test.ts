import { cp, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { directorySource, type Source } from "@lookalike/shared/domain/job/source";
import { beforeAll, describe, expect, it } from "vitest";
import { memberPathsOf } from "../support/groups.ts";
import { makePhotographs } from "../support/photographs.ts";
import { sharedSystem } from "../support/shared-system.ts";
import type { RunningSystem } from "../support/system.ts";

let system: RunningSystem;
const folder = (name: string): Source => directorySource(system.path(name));
const pathsOf = (job: string) => memberPathsOf(system.client, job);

beforeAll(async () => {
  system = await sharedSystem();
});

describe("a catalog that has changed", () => {
  it("hashes and compares only what is new, and its groups are those of a full job from scratch", async () => {
    await makePhotographs(system.path("all"), 140, 240);
    await mkdir(system.path("growing"));
    const shared = { blockSize: 20, pairsPerTask: 3 };
    const names = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, at) => String(from + at).padStart(6, "0"));
    const grow = async (scenes: string[]): Promise<void> => {
      for (const scene of scenes) {
        for (const variant of ["0.jpg", "1.jpg", "2.webp", "3.jpg", "4.jpg", "5.jpg", "copy.jpg"]) {
          await cp(
            join(system.path("all"), `${scene}-${variant}`),
            join(system.path("growing"), `${scene}-${variant}`),
            {
              preserveTimestamps: true,
            },
          );
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

  it("excludes vanished files, hashes changed ones again, and leaves no group of one", async () => {
    // Of a size that no other test has: this folder vanishes, and its catalog would go on in one of the same pictures.
    await makePhotographs(system.path("changing"), 14, 200);
    const all = await pathsOf((await system.run(folder("changing"))).id);
    expect(all.flat()).toContain("000000-copy.jpg");
    await rm(join(system.path("changing"), "000000-copy.jpg"));
    await cp(join(system.path("changing"), "000001-0.jpg"), join(system.path("changing"), "000000-1.jpg"));
    const changed = await system.run(folder("changing"));
    expect(changed).toMatchObject({ state: "completed", totalImages: 13 });
    const groups = await pathsOf(changed.id);
    expect(groups.flat()).not.toContain("000000-copy.jpg");
    expect(groups.find((paths) => paths.includes("000000-1.jpg"))).toContain("000001-0.jpg");
    for (const group of groups) expect(group.length).toBeGreaterThan(1);
    await rename(system.path("changing"), system.path("elsewhere"));
    const missing = await system.run(folder("changing"));
    expect(missing).toMatchObject({ state: "failed", failure: expect.stringContaining("no such folder") });
  });
});
