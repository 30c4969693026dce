import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRoot } from "../support/installed.ts";
import { makePhotographs } from "../support/photographs.ts";
import { openQuickStart, type QuickStart } from "../support/quickstart.ts";
import { until } from "../support/until.ts";

let quick: QuickStart;

beforeAll(async () => {
  quick = await openQuickStart();
  await makePhotographs(quick.path("pictures"), 3, 240);
});
afterAll(async () => {
  expect(quick.leftRunning()).toEqual([]);
  await quick.remove();
});

/** A file or folder that appears in the data folder at this moment of a start. */
const MOMENTS: [moment: string, isReached: (data: string) => boolean][] = [
  ["before its servers", (data) => existsSync(`${data}/access-key`)],
  ["while PostgreSQL is set up", (data) => readdirSync(data).some((name) => name.startsWith("postgres.unfinished-"))],
  ["while its servers start", (data) => existsSync(`${data}/logs/postgres.log`)],
  ["while its services start", (data) => existsSync(`${data}/logs/api.log`)],
];

describe("a start that ends", () => {
  it.each(MOMENTS)("%s leaves nothing running", async (moment, isReached) => {
    const environment = quick.environment(moment);
    const reached = (): boolean => existsSync(quick.path(moment)) && isReached(quick.path(moment));
    const first = quick.start([quick.path("pictures")], environment);
    await until(reached);
    first.child.kill("SIGINT");
    first.child.kill("SIGINT");
    expect(await first.ended).toMatchObject({ code: 130, stderr: expect.stringMatching(/Start again to go on/) });
    expect(quick.leftRunning()).toEqual([]);
  });

  it("by kill -9 while PostgreSQL is set up is continued by the next one", async () => {
    const data = quick.path("set up");
    const first = quick.start([quick.path("pictures")], quick.environment("set up"));
    await until(() => existsSync(data) && readdirSync(data).some((name) => name.startsWith("postgres.unfinished-")));
    const { pid } = JSON.parse(await readFile(quick.path("set up/instance.json"), "utf8"));
    process.kill(pid, "SIGKILL");
    await first.ended;
    expect((await quick.start([quick.path("pictures")], quick.environment("set up")).ended).code).toBe(0);
    expect(readdirSync(data).filter((name) => name.startsWith("postgres."))).toEqual([]);
  });

  it("since its data folder holds other things leaves them as they are", async () => {
    await mkdir(quick.path("other"), { mode: 0o755 });
    await writeFile(quick.path("other/letter.txt"), "");
    const { code, stderr } = await quick.start([quick.path("pictures")], quick.environment("other")).ended;
    expect([code, stderr]).toEqual([78, expect.stringContaining("the folder holds other things")]);
    expect((await stat(quick.path("other"))).mode & 0o777).toBe(0o755);
  });

  it.skipIf(!isRoot("a full disk"))("since its disk is full says so, and leaves nothing running", async () => {
    await mkdir(quick.path("disk"));
    const mount = ["-t", "tmpfs", "-o", "size=25m", "tmpfs", quick.path("disk")];
    if (spawnSync("mount", mount).status !== 0) {
      console.warn("Tests are skipped: a full disk. To run them: a container with CAP_SYS_ADMIN");
      return;
    }
    try {
      const { code, stderr } = await quick.start([quick.path("pictures")], quick.environment("disk/data")).ended;
      expect([code, stderr]).toEqual([69, expect.stringMatching(/No space left|disk .* is full/)]);
      expect(quick.leftRunning()).toEqual([]);
    } finally {
      execFileSync("umount", [quick.path("disk")]);
    }
  });
});
