import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeHashes } from "../support/hashes.ts";
import { killAllWith } from "../support/processes.ts";
import { openQuickStart, type QuickStart, reportOf } from "../support/quickstart.ts";
import { until } from "../support/until.ts";

let quick: QuickStart;
let other: QuickStart;

beforeAll(async () => {
  quick = await openQuickStart();
  other = await openQuickStart();
});
afterAll(async () => {
  for (const { leftRunning, remove } of [quick, other]) {
    expect(leftRunning()).toEqual([]);
    await remove();
  }
});

const argumentsFor = async ({ path }: QuickStart, pairsPerTask: number): Promise<string[]> => {
  const file = path("many.ndjson");
  await writeHashes(file, { images: 12_000, bits: 256, seed: 2, copiesPerThousand: 50 });
  return [`hashes:${file}`, "--json", "--block-size", "100", "--pairs-per-task", String(pairsPerTask)];
};

describe("an interrupted job", () => {
  it("is continued by the next start: after Ctrl-C, and after kill -9 of everything", async () => {
    // Runs meanwhile: most of a start is waiting for the next step.
    const undisturbed = other.start(await argumentsFor(other, 1_000)).ended;
    const args = await argumentsFor(quick, 10);
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
    const [resumed, reference] = [third, await undisturbed].map(({ stdout }) => reportOf(stdout));
    expect(resumed).toMatchObject({ images: 12_000, blocks: 120, pairs: 7_260, tasks: 726, tasksDone: 726 });
    expect(resumed?.groups).toEqual(reference?.groups);
  });
});
