import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeHashes } from "../support/hashes.ts";
import { killAllWith } from "../support/processes.ts";
import { openQuickStart, type QuickStart, reportOf } from "../support/quickstart.ts";
import { sharedSystem } from "../support/shared-system.ts";
import type { RunningSystem } from "../support/system.ts";
import { until } from "../support/until.ts";

let quick: QuickStart;
let system: RunningSystem;

beforeAll(async () => {
  quick = await openQuickStart();
  await quick.prepare("interrupted");
  system = await sharedSystem();
});
afterAll(async () => {
  expect(quick.leftRunning()).toEqual([]);
  await quick.remove();
});

describe("an interrupted job", () => {
  it("is continued by the next start: after Ctrl-C, and after kill -9 of everything", async () => {
    const file = quick.path("many.ndjson");
    await writeHashes(file, { images: 12_000, bits: 256, seed: 2, copiesPerThousand: 50 });
    const source = { kind: "hashes", file } as const;
    const undisturbed = await system.run(source, { blockSize: 100, pairsPerTask: 1_000 }, "undisturbed");
    const args = [`hashes:${file}`, "--json", "--block-size", "100", "--pairs-per-task", "10"];
    const first = quick.start(args, quick.environment("interrupted"));
    await until(() => first.output().includes("Comparing"));
    first.child.kill("SIGINT");
    expect(await first.ended).toMatchObject({ code: 130, stderr: expect.stringContaining("Start again to go on.") });
    expect(quick.leftRunning()).toEqual([]);

    const second = quick.start(args, quick.environment("interrupted"));
    await until(() => second.output().includes("Comparing"));
    killAllWith(quick.path("interrupted"));
    killAllWith(quick.path("many.ndjson"));
    await second.ended;

    // The tasks of the killed workers count as lost after three seconds, not after a minute.
    const soon = { LOOKALIKE_LOST_AFTER_MS: "3000", LOOKALIKE_RECONCILE_INTERVAL_MS: "500" };
    const third = await quick.start(args, { ...quick.environment("interrupted"), ...soon }).ended;
    expect(third).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("Going on with the job that was interrupted."),
    });
    const resumed = reportOf(third.stdout);
    expect(resumed).toMatchObject({ images: 12_000, blocks: 120, pairs: 7_260, tasks: 726, tasksDone: 726 });
    expect(undisturbed).toMatchObject({ totalBlockPairs: 7_260, totalTasks: 8 });
    const groups: typeof resumed.groups = [];
    for await (const { kind, keeper, keeperReason, members } of system.client.groups(undisturbed.id)) {
      const path = members.find(({ ordinal }) => ordinal === keeper)?.path ?? "none of them";
      groups.push({ kind, keeper: path, keeperReason, members: members.map((member) => member.path) });
    }
    expect(resumed.groups).toEqual(groups);
  });
});
