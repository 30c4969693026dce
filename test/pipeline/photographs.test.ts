import { directorySource, type Source } from "@lookalike/shared/domain/job/source";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { groupsOf, memberPathsOf } from "../support/groups.ts";
import { makePhotographs } from "../support/photographs.ts";
import { type System, startSystem } from "../support/system.ts";

let system: System;
const folder = (name: string): Source => directorySource(system.path(name));
const pathsOf = (job: string) => memberPathsOf(system.client, job);

beforeAll(async () => {
  system = await startSystem({ LOOKALIKE_RECONCILE_INTERVAL_MS: "1000" });
});
afterAll(() => system.stop());

describe("a catalog of 1,000 photographs and variants of them", () => {
  const IMAGES = 1_000;

  beforeAll(() => makePhotographs(system.path("photographs"), IMAGES, 240));

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
    expect(groups.filter((paths) => new Set(paths.map(sceneOf)).size > 1)).toEqual([]);
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
