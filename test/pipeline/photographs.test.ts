import { directorySource, type Source } from "@lookalike/shared/domain/job/source";
import { beforeAll, describe, expect, it } from "vitest";
import { groupsOf, memberPathsOf } from "../support/groups.ts";
import { makePhotographs } from "../support/photographs.ts";
import { sharedSystem } from "../support/shared-system.ts";
import type { RunningSystem } from "../support/system.ts";
import { THOROUGH } from "../support/thorough.ts";

let system: RunningSystem;
const folder = (name: string): Source => directorySource(system.path(name));
const pathsOf = (job: string) => memberPathsOf(system.client, job);

beforeAll(async () => {
  system = await sharedSystem();
});

const IMAGES = THOROUGH ? 1_000 : 400;

describe(`a catalog of ${IMAGES} photographs and variants of them`, () => {
  const cut = { blockSize: IMAGES / 4, pairsPerTask: 2 };

  beforeAll(() => makePhotographs(system.path("photographs"), IMAGES, 240));

  it("gets groups that never mix scenes, with every exact copy found", async () => {
    const job = await system.run(folder("photographs"), cut);
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
    const again = await system.run(folder("photographs"), cut);
    expect(again).toMatchObject({ state: "completed", completedImages: IMAGES, totalBlockPairs: 0, totalTasks: 0 });
    const first = await groupsOf(system.client, again.id);
    expect(first.length).toBeGreaterThan(IMAGES / 10);
    const strict = await system.run(folder("photographs"), { ...cut, thresholdBits: 0 });
    expect(strict.totalTasks).toBe(0);
    for (const group of await groupsOf(system.client, strict.id)) expect(group).not.toMatch(/\/[1-9]/);
    expect(await groupsOf(system.client, (await system.run(folder("photographs"), cut)).id)).toEqual(first);
  });
});
