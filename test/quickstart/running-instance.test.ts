import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Running, startCommand } from "../support/command.ts";
import { makePhotographs } from "../support/photographs.ts";
import { openQuickStart, type QuickStart, reportOf } from "../support/quickstart.ts";
import { until } from "../support/until.ts";

let quick: QuickStart;
let first: Running;

/** Starts with a report, and waits until that is printed. */
const startRunning = async (): Promise<Running> => {
  const args = [quick.path("pictures"), "--json", "--keep-running"];
  const started = quick.start(args, { ...quick.environment("instance"), LOOKALIKE_PORT: "0" });
  await until(() => started.output().includes("Running until Ctrl-C"));
  return started;
};

beforeAll(async () => {
  quick = await openQuickStart();
  await quick.prepare("instance");
  await makePhotographs(quick.path("pictures"), 21, 240);
  first = await startRunning();
});
afterAll(async () => {
  expect(quick.leftRunning()).toEqual([]);
  await quick.remove();
});

/** The report is all that a start prints on its standard output. */
const reportSoFar = (started: Running) => reportOf(started.output().split("\n", 1)[0] ?? "");

describe("a start that goes on running", () => {
  it("finds the groups of a folder", () => {
    const report = reportSoFar(first);
    expect(report).toMatchObject({ images: 21, blocks: 1, pairs: 1, tasks: 1, tasksDone: 1, failed: [] });
    expect(report.groups.length).toBeGreaterThanOrEqual(3);
    for (const { keeper, members } of report.groups) expect(members).toContain(keeper);
  });

  it("leaves its data folder to no other, which says so in one line", async () => {
    const other = await quick.start([quick.path("pictures")], quick.environment("instance")).ended;
    expect([other.code, other.stderr]).toEqual([69, expect.stringContaining("another Lookalike")]);
    const [, address = "", key = ""] = /Review them: (http:[^#]+)#key=(\S+)/.exec(first.output()) ?? [];
    const answer = await fetch(`${address}v1/catalogs`, { headers: { authorization: `Bearer ${key}` } });
    expect(await answer.json()).toMatchObject({
      items: expect.arrayContaining([expect.objectContaining({ name: quick.path("pictures") })]),
    });
  });
});

describe("the command line", () => {
  const groups = (more: Record<string, string> = {}) => {
    const command = [process.execPath, "packages/cli/dist/main.js", "groups", quick.path("pictures")];
    const places = { LOOKALIKE_URL: "", LOOKALIKE_KEY: "", ...quick.environment("instance"), ...more };
    return startCommand(command, places).ended;
  };

  it("finds the running instance and its key by the data folder, and says when it was killed", async () => {
    const found = await groups();
    expect([found.code, found.stderr]).toEqual([0, ""]);
    expect(found.stdout).toMatch(/^\d+ {2}(exact|variant|derivative|near-duplicate)\n {3}keep {2}/);
    const elsewhere = await groups({ LOOKALIKE_URL: "http://127.0.0.1:1" });
    expect([elsewhere.code, elsewhere.stderr]).toEqual([1, expect.stringContaining("answers at http://127.0.0.1:1")]);

    const { pid } = JSON.parse(await readFile(quick.path("instance/instance.json"), "utf8"));
    process.kill(pid, "SIGKILL");
    expect((await first.ended).code).toBe(137);
    const ended = await groups();
    const line = `${quick.path("instance")}: its Lookalike (process ${pid}) does not run any more. Start it with npm start, or set LOOKALIKE_URL.\n`;
    expect([ended.code, ended.stdout, ended.stderr]).toEqual([1, "", line]);

    // The servers of the killed one still run: the next start ends them, and hashes or compares nothing again.
    const second = await startRunning();
    expect((await groups()).stdout).toBe(found.stdout);
    second.child.kill("SIGINT");
    expect((await second.ended).code).toBe(0);
    expect(reportSoFar(second)).toMatchObject({
      images: 21,
      pairs: 0,
      tasks: 0,
      groups: reportSoFar(first).groups,
    });
    const none = await groups();
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("No Lookalike answers at http://127.0.0.1:")]);
  });
});
