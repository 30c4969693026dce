import { setTimeout as sleep } from "node:timers/promises";
import { STREAMS } from "@lookalike/shared/bus/topology";
import { JobOptions } from "@lookalike/shared/domain/job/options";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { groupsOf } from "../support/groups.ts";
import { writeHashes } from "../support/hashes.ts";
import { connectTo } from "../support/servers.ts";
import { finished, type System, startSystem } from "../support/system.ts";

/** The redesign's testing plan, through the services: medium, large, stress, and the failure scenario. */
const SIZES = [
  { images: 50_000, blocks: 200, pairs: 20_100, tasks: 402 },
  { images: 96_144, blocks: 385, pairs: 74_305, tasks: 1_487 },
  { images: 250_000, blocks: 1_000, pairs: 500_500, tasks: 10_010 },
];
const LIMIT_SECONDS = 1_700;
/** The redesign's plan, pair by pair; `auto` would take the indexed kernel from about 50,000 images on. */
const EXHAUSTIVE = { kernel: "exhaustive" } as const;

let system: System;
beforeEach(async () => {
  system = await startSystem({ LOOKALIKE_LOST_AFTER_MS: "5000", LOOKALIKE_RECONCILE_INTERVAL_MS: "1000" });
});
afterEach(() => system.stop());

const sourceOf = async (images: number) => {
  const file = system.path("hashes.ndjson");
  await writeHashes(file, { images, bits: 256, seed: images, copiesPerThousand: 60 });
  return { kind: "hashes", file } as const;
};

describe.each(SIZES)("$images images", ({ images, blocks, pairs, tasks }) => {
  it(`make exactly ${blocks} blocks, ${pairs} pairs and ${tasks} tasks, all done`, async () => {
    const job = await system.run(await sourceOf(images), EXHAUSTIVE, "scale", LIMIT_SECONDS);
    expect(job).toMatchObject({
      state: "completed",
      totalImages: images,
      completedImages: images,
      totalBlocks: blocks,
      totalBlockPairs: pairs,
      completedBlockPairs: pairs,
      totalTasks: tasks,
      completedTasks: tasks,
      quarantinedTasks: 0,
    });
  });
});

describe("96,144 images, the coordinator killed -9 in the middle", () => {
  it("give the same groups, byte for byte, and run again at most the tasks in flight", async () => {
    const source = await sourceOf(96_144);
    const undisturbed = await groupsOf(
      system.client,
      (await system.run(source, EXHAUSTIVE, "undisturbed", LIMIT_SECONDS)).id,
    );
    const catalog = await system.client.openCatalog("killed", source);
    const { id } = await system.client.startJob(catalog, JobOptions.parse(EXHAUSTIVE));
    let kills = 0;
    for (const tasks of [300, 700, 1_100]) {
      while ((await system.client.readJob(id)).completedTasks < tasks) await sleep(20);
      // The supervisor starts it again, as any orchestrator would.
      process.kill(system.services.pid("coordinator"), "SIGKILL");
      kills += 1;
    }
    const job = await finished(system.client, id, LIMIT_SECONDS);
    expect(job).toMatchObject({ state: "completed", completedTasks: 1_487, quarantinedTasks: 0 });
    expect(await groupsOf(system.client, id)).toEqual(undisturbed);
    const { bus, close } = await connectTo(system.servers.environment);
    const { state } = await bus.jsm.streams.info(STREAMS.events, {
      subjects_filter: `lookalike.event.*.*.${id}.pair-batch-done`,
    });
    await close();
    const results = Object.values(state.subjects ?? {}).reduce((sum, count) => sum + count, 0);
    console.log(`${results - 1_487} of 1,487 tasks ran twice over ${kills} kills`);
    expect(results - 1_487).toBeLessThanOrEqual(kills * 100);
  });
});
