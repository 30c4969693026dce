import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCommand } from "../support/command.ts";
import { openQuickStart, type QuickStart } from "../support/quickstart.ts";

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
