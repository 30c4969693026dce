import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { claimInstance, dataFolderPath, readInstance } from "./instance.ts";
import { recordOf } from "./processes.ts";

let folder: string;
let other: ChildProcess;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lookalike-instance-"));
  other = spawn("sleep", ["30"]);
});
afterEach(async () => {
  other.kill("SIGKILL");
  await rm(folder, { recursive: true });
});

const writeInstance = async (change: object): Promise<void> => {
  if (other.pid === undefined) throw new Error("the other process did not start");
  const record = await recordOf(other.pid);
  await writeFile(join(folder, "instance.json"), JSON.stringify({ ...record, address: null, ...change }));
};

describe("the instance of a data folder", () => {
  it("is recorded with its address while it runs, and leaves nothing behind", async () => {
    expect(await readInstance(folder)).toBeNull();
    const instance = await claimInstance(folder);
    expect(await readInstance(folder)).toEqual({ pid: process.pid, address: null, runs: true });
    await instance.announce("http://127.0.0.1:4711");
    expect(await readInstance(folder)).toEqual({ pid: process.pid, address: "http://127.0.0.1:4711", runs: true });
    await instance.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it("keeps every other process out while it runs", async () => {
    await writeInstance({});
    await expect(claimInstance(folder)).rejects.toThrow(`another Lookalike (process ${other.pid}) uses this folder`);
    expect(await readdir(folder)).toEqual(["instance.json"]);
  });

  it.each([
    ["that was killed", { pid: 2 ** 22 + 1 }],
    ["whose number another process has now", { started: "another start" }],
  ])("is replaced after one %s", async (_, change) => {
    await writeInstance(change);
    expect(await readInstance(folder)).toMatchObject({ runs: false });
    await claimInstance(folder);
    expect(await readInstance(folder)).toMatchObject({ pid: process.pid, runs: true });
    expect(await readdir(folder)).toEqual(["instance.json"]);
  });

  it.each(["", "{", "4711\n"])("is none where its file is %j", async (text) => {
    await writeFile(join(folder, "instance.json"), text);
    expect(await readInstance(folder)).toBeNull();
  });
});

it("the data folder is where the command was called, or LOOKALIKE_DATA under it", () => {
  expect(dataFolderPath({ INIT_CWD: "/home/ann" })).toBe("/home/ann/.lookalike");
  expect(dataFolderPath({ INIT_CWD: "/home/ann", LOOKALIKE_DATA: "state" })).toBe("/home/ann/state");
  expect(dataFolderPath({ INIT_CWD: "/home/ann", LOOKALIKE_DATA: "/data" })).toBe("/data");
});
