import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { endLeftovers } from "./leftovers.ts";
import { programOf } from "./processes.ts";

const TAG = `lookalike-test${process.pid}`;
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

const start = (program: string, ...args: string[]): ChildProcess => {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"] });
  children.push(child);
  return child;
};

const WAIT = "console.log('runs'); setInterval(() => undefined, 1_000);";
const IGNORE = "process.on('SIGTERM', () => undefined);";

describe("processes that a killed start left", () => {
  it("are ended, also one that does not react, and no other process", async () => {
    const left = [start(process.execPath, "-e", WAIT, TAG), start(process.execPath, "-e", `${IGNORE} ${WAIT}`, TAG)];
    const others = [
      start(process.execPath, "-e", WAIT, `${TAG}1`),
      start("sh", "-c", "echo runs; sleep 30", TAG),
      start(process.execPath, "-e", WAIT),
    ];
    await Promise.all([...left, ...others].map(({ stdout }) => once(stdout ?? process, "data")));
    const ended = Promise.all(left.map((child) => once(child, "exit")));
    await endLeftovers(TAG, 300);
    expect(await ended).toEqual([
      [null, "SIGTERM"],
      [null, "SIGKILL"],
    ]);
    for (const { exitCode, signalCode } of others) expect([exitCode, signalCode]).toEqual([null, null]);
  });

  it.each([
    ["postgres", ["/usr/lib/postgres", "-D", "/proc/self/cwd", "--cluster_name=lookalike-1"]],
    ["postgres", ["postgres: lookalike-1: checkpointer "]],
    ["postgres", ["postgres: lookalike-1: postgres lookalike 127.0.0.1(1) idle"]],
    ["initdb", ["/usr/lib/initdb", "--set=cluster_name=lookalike-1"]],
    ["nats-server", ["nats-server", "--name", "lookalike-1", "-c", "nats.conf"]],
    [null, ["postgres: lookalike-12: checkpointer "]],
    [null, ["postgres", "--cluster_name=lookalike-12"]],
    [null, ["less", "lookalike-1"]],
    [null, ["nats-server"]],
    [null, []],
  ])("are known by their command lines: %s of %j", (program, args) => {
    expect(programOf(args, "lookalike-1")).toBe(program);
  });
});
