import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { recordOf, stateOf } from "./processes.ts";

const children: ChildProcess[] = [];
const start = (command: string, ...args: string[]): ChildProcess => {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "ignore"] });
  children.push(child);
  return child;
};
const pidOf = ({ pid }: ChildProcess): number => {
  if (pid === undefined) throw new Error("not started");
  return pid;
};
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

describe("a process by its number and its start", () => {
  it("runs, and is absent after its end", async () => {
    const child = start("sleep", "30");
    const record = await recordOf(pidOf(child));
    expect(await stateOf(record)).toBe("runs");
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await stateOf(record)).toBe("absent");
    await expect(recordOf(record.pid)).rejects.toThrow(`process ${record.pid} does not exist`);
  });

  it("is absent when another process has its number", async () => {
    const { pid } = await recordOf(process.pid);
    expect(await stateOf({ pid, started: "another start" })).toBe("absent");
  });

  it("has ended, but is not absent, while its parent has not read its exit code", async () => {
    const parent = start("sh", "-c", "sleep 0.2 & echo $!; exec sleep 30");
    const [line] = await once(parent.stdout ?? parent, "data");
    const record = await recordOf(Number(String(line)));
    for (let state = "runs"; state === "runs"; state = await stateOf(record));
    expect(await stateOf(record)).toBe("ended");
  });
});
