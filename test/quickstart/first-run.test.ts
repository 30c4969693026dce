import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCommand } from "../support/command.ts";
import { writeHashes } from "../support/hashes.ts";
import { makePhotographs } from "../support/photographs.ts";
import { openQuickStart, type QuickStart, reportOf } from "../support/quickstart.ts";

let quick: QuickStart;

beforeAll(async () => {
  quick = await openQuickStart();
});
afterAll(async () => {
  expect(quick.leftRunning()).toEqual([]);
  await quick.remove();
});

describe("npm start", () => {
  it("without a folder compares a demo catalog, and prints its groups", async () => {
    const { code, stdout, stderr } = await quick.start([], quick.environment("demo")).ended;
    expect([code, stderr]).toEqual([0, expect.stringContaining("demo catalog")]);
    expect(stdout).toContain("scene-07.jpg");
    expect(stdout).toMatch(/31 images, 1\d groups of look-alikes/);
  });

  it("finds the groups of a folder, and does not hash or compare again what is done", async () => {
    await makePhotographs(quick.path("pictures"), 21, 240);
    const first = await quick.start([quick.path("pictures"), "--json"]).ended;
    expect(first.code).toBe(0);
    const report = reportOf(first.stdout);
    expect(report).toMatchObject({ images: 21, blocks: 1, pairs: 1, tasks: 1, tasksDone: 1, failed: [] });
    expect(report.groups.length).toBeGreaterThanOrEqual(3);
    for (const { keeper, members } of report.groups) expect(members).toContain(keeper);
    const again = reportOf((await quick.start([quick.path("pictures"), "--json"]).ended).stdout);
    expect(again).toMatchObject({ images: 21, pairs: 0, tasks: 0, groups: report.groups });
  });

  it("reads hashes instead of a folder", async () => {
    await writeHashes(quick.path("hashes.ndjson"), { images: 600, bits: 256, seed: 1, copiesPerThousand: 100 });
    const { code, stdout } = await quick.start([
      `hashes:${quick.path("hashes.ndjson")}`,
      "--json",
      "--block-size",
      "100",
      "--pairs-per-task",
      "4",
    ]).ended;
    expect(code).toBe(0);
    expect(reportOf(stdout)).toMatchObject({
      images: 600,
      blocks: 6,
      pairs: 21,
      tasks: 6,
      tasksDone: 6,
    });
  });
});

describe("npm start -- --help", () => {
  it("prints the options and the exit codes", async () => {
    const { code, stdout } = await startCommand(["npm", "start", "--", "--help"]).ended;
    expect(code).toBe(0);
    for (const text of [
      "--threshold",
      "--grouping",
      "--block-size",
      "--pairs-per-task",
      "--batch-size",
      "--dispatch",
      "--kernel",
      "--json",
      "--keep-running",
      "Exit codes",
      "LOOKALIKE_DATA",
    ]) {
      expect(stdout).toContain(text);
    }
    expect(stdout).not.toContain("> lookalike");
  });
});
