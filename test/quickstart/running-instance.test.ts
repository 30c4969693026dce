import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCommand } from "../support/command.ts";
import { makePhotographs } from "../support/photographs.ts";
import { openQuickStart, type QuickStart } from "../support/quickstart.ts";
import { until } from "../support/until.ts";

let quick: QuickStart;

beforeAll(async () => {
  quick = await openQuickStart();
  await makePhotographs(quick.path("pictures"), 21, 240);
});
afterAll(async () => {
  expect(quick.leftRunning()).toEqual([]);
  await quick.remove();
});

describe("the command line", () => {
  const groups = (more: Record<string, string> = {}) => {
    const command = [process.execPath, "packages/cli/dist/main.js", "groups", quick.path("pictures")];
    const places = { LOOKALIKE_URL: "", LOOKALIKE_KEY: "", ...quick.environment("instance"), ...more };
    return startCommand(command, places).ended;
  };

  it("finds the running instance and its key by the data folder, and says when it was killed", async () => {
    const args = [quick.path("pictures"), "--keep-running"];
    const first = quick.start(args, { ...quick.environment("instance"), LOOKALIKE_PORT: "0" });
    await until(() => first.output().includes("Running until Ctrl-C"));
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

    // The servers of the killed one still run: the next start ends them, and finds all that was done.
    const second = quick.start([...args, "--json"], { ...quick.environment("instance"), LOOKALIKE_PORT: "0" });
    await until(() => second.output().includes("Running until Ctrl-C"));
    expect((await groups()).stdout).toBe(found.stdout);
    second.child.kill("SIGINT");
    expect(JSON.parse((await second.ended).stdout)).toMatchObject({ pairs: 0 });
    const none = await groups();
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("No Lookalike answers at http://127.0.0.1:")]);
  });
});
