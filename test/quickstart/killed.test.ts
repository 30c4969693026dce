import { spawnSync } from "node:child_process";
import { chmod, chown, lstat, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { taggedProcesses } from "@lookalike/local/processes";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Running, startCommand } from "../support/command.ts";
import { isRoot } from "../support/installed.ts";
import { makePhotographs } from "../support/photographs.ts";
import { openQuickStart, type QuickStart } from "../support/quickstart.ts";
import { THOROUGH } from "../support/thorough.ts";
import { until } from "../support/until.ts";

let quick: QuickStart;

beforeAll(async () => {
  quick = await openQuickStart();
  await makePhotographs(quick.path("pictures"), 9, 240);
  await chmod(quick.path("."), 0o755);
});
afterAll(async () => {
  expect(quick.leftRunning()).toEqual([]);
  await quick.remove();
});

/** `nobody`: PostgreSQL needs an account's number. */
const USER = 65_534;
const AS_USER = ["setpriv", `--reuid=${USER}`, `--regid=${USER}`, "--clear-groups", "--"] as const;

/** Whether an ordinary user can run this clone. */
const mayRun = (): boolean => {
  const [program, ...args] = [...AS_USER, process.execPath, "packages/cli/dist/main.js", "--help"];
  if (spawnSync(program, args).status === 0) return true;
  console.warn("Tests are skipped: those of an ordinary user. To run them: move the clone out of a closed folder");
  return false;
};

/** `lookalike start` with a umask that closes nothing. */
const startOpen = (prefix: readonly string[], data: string): Running =>
  startCommand(
    [
      ...prefix,
      "sh",
      "-c",
      'umask 000; exec "$@"',
      "sh",
      ...[process.execPath, "packages/cli/dist/main.js", "start", quick.path("pictures"), "--keep-running"],
    ],
    { LOOKALIKE_DATA: data, LOOKALIKE_PORT: "0", HOME: quick.path("."), LOOKALIKE_LOST_AFTER_MS: "3000" },
  );

const untilRunning = (started: Running): Promise<void> =>
  until(() => {
    if (started.child.exitCode !== null) throw new Error(started.output());
    return started.output().includes("Running until Ctrl-C");
  });

/** Files and folders that other users may read, write or enter. */
const openToOthers = async (path: string): Promise<string[]> => {
  const found = await lstat(path);
  const own = (found.mode & 0o077) === 0 || found.isSymbolicLink() ? [] : [`${path} ${found.mode.toString(8)}`];
  if (!found.isDirectory()) return own;
  const below = await Promise.all((await readdir(path)).map((name) => openToOthers(join(path, name))));
  return [...own, ...below.flat()];
};

/** The processes of the data folder, by its tag in a command line. */
const processesOf = async (data: string) => {
  const [server = ""] = quick.leftRunning().filter((line) => line.includes(data) && line.includes("--name"));
  const [, tag = "none"] = /--name (\S+)/.exec(server) ?? [];
  return taggedProcesses(tag);
};

const kill = (pids: readonly number[]): void => {
  for (const pid of pids) process.kill(pid, "SIGKILL");
};

const isOrdinaryUserTested = isRoot("an ordinary user's start") && mayRun();
const cases: [string, readonly string[], boolean][] = [
  ["whoever runs the tests", [], THOROUGH || !isOrdinaryUserTested],
  ["an ordinary user", AS_USER, isOrdinaryUserTested],
];

describe.each(cases)("a start by %s", (who, prefix, isEnabled) => {
  const data = () => quick.path(`data of ${who}`);

  it.skipIf(!isEnabled)("survives kill -9 of anything, and is closed to other users", async () => {
    await mkdir(data());
    await chmod(data(), 0o777);
    if (prefix.length > 0) await chown(data(), USER, USER);

    // Of the command alone: its servers and services are left.
    const first = startOpen(prefix, data());
    await untilRunning(first);
    expect(first.output()).toContain("Now it is closed to them.");
    expect(await openToOthers(data())).toEqual([]);
    const left = await processesOf(data());
    expect(new Set(left.map(({ program }) => program))).toEqual(new Set(["node", "nats-server", "postgres"]));
    first.child.kill("SIGKILL");
    await first.ended;

    // Of its servers, while it runs: it starts them again.
    const second = startOpen(prefix, data());
    await untilRunning(second);
    const before = await processesOf(data());
    expect(before.filter(({ pid }) => left.some((other) => other.pid === pid))).toEqual([]);
    kill(before.filter(({ program }) => program !== "node").map(({ pid }) => pid));
    await until(async () => {
      const now = await processesOf(data());
      return ["nats-server", "postgres"].every((name) => now.some(({ program }) => program === name));
    });

    // Of everything at once.
    second.child.kill("SIGKILL");
    kill((await processesOf(data())).map(({ pid }) => pid));
    await second.ended;
    const third = startOpen(prefix, data());
    await untilRunning(third);
    expect(third.output()).toMatch(/9 images/);
    expect(await openToOthers(data())).toEqual([]);

    // A second Ctrl-C does not leave anything either.
    third.child.kill("SIGINT");
    third.child.kill("SIGINT");
    expect((await third.ended).code).toBe(0);
    expect(quick.leftRunning().filter((line) => line.includes(data()))).toEqual([]);
  });
});
