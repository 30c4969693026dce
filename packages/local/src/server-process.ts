import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { EXIT, OperatorError } from "@lookalike/shared/runtime/errors";
import { fullDisk } from "./full-disk.ts";
import type { CommandLine } from "./postgres-user.ts";

/** A server that `lookalike start` runs: nats-server or PostgreSQL. */
export type Server = Awaited<ReturnType<typeof launch>>;

interface Launch {
  readonly name: string;
  readonly command: CommandLine;
  /** Folder that it runs in. */
  readonly folder: string;
  /** File for the server's output. */
  readonly log: string;
  readonly stopSignal: NodeJS.Signals;
  readonly url: string;
  readonly isReady: () => Promise<boolean>;
}

const READY_MS = 30_000;
const STOP_MS = 15_000;
const POLL_MS = 50;
const MAX_QUICK_CRASHES = 5;
const QUICK_MS = 10_000;
const RESTART_PAUSE_MS = 500;

/**
 * Starts a server and waits until it is ready. When it crashes later, it is started again, on the same port.
 * @param ending ends the start
 * @throws OperatorError with the end of its log
 */
export const launch = async (server: Launch, ending?: AbortSignal) => {
  const { name, log, stopSignal, url, isReady } = server;
  ending?.throwIfAborted();
  let run = startRun(server);
  let stopping = false;
  const stop = async (): Promise<void> => {
    stopping = true;
    await endRun(run, stopSignal);
  };
  for (const deadline = Date.now() + READY_MS; !(await isReady()); await sleep(POLL_MS)) {
    if (isRunning(run.child) && Date.now() < deadline && ending?.aborted !== true) continue;
    await stop();
    ending?.throwIfAborted();
    throw new OperatorError(
      `${name} did not start: ${await lastLine(log)} (see ${log}).${await fullDisk(server.folder)}`,
      EXIT.unavailable,
    );
  }
  const superviseRuns = async (): Promise<void> => {
    for (let quickCrashes = 0; ; run = startRun(server)) {
      const started = Date.now();
      await run.exited;
      if (stopping) return;
      quickCrashes = Date.now() - started < QUICK_MS ? quickCrashes + 1 : 1;
      if (quickCrashes >= MAX_QUICK_CRASHES)
        throw new OperatorError(
          `${name} crashed ${quickCrashes} times in a row: ${await lastLine(log)} (see ${log}).${await fullDisk(server.folder)}`,
          EXIT.unavailable,
        );
      await sleep(RESTART_PAUSE_MS * 2 ** quickCrashes);
      if (stopping) return;
    }
  };
  const failed = superviseRuns().then(() => new Promise<never>(() => undefined));
  failed.catch(() => undefined);
  return {
    url,
    /** Process id; another one after a crash. */
    get pid(): number {
      return run.pid;
    },
    /** Rejects when the server has crashed too often to be started again. */
    failed,
    stop,
  };
};

/** The server's process, until its end. */
interface Run {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly exited: Promise<unknown>;
}

/** @throws OperatorError where the program can't be run */
const startRun = ({ name, command: [program, ...args], folder, log }: Launch): Run => {
  const output = openSync(log, "a", 0o600);
  // Its own process group: Ctrl-C must reach the services first, and the server only after them.
  const child = spawn(program, args, { cwd: folder, stdio: ["ignore", output, output], detached: true });
  closeSync(output);
  // A program that can't be run never exits: then its error ends the wait.
  const exited = once(child, "exit").catch(() => undefined);
  if (child.pid === undefined) throw new OperatorError(`${name}: ${program} can't be run.`, EXIT.unavailable);
  return { child, pid: child.pid, exited };
};

const endRun = async ({ child, exited }: Run, signal: NodeJS.Signals): Promise<void> => {
  if (!isRunning(child)) return;
  child.kill(signal);
  const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await exited;
  clearTimeout(late);
};

/** The last line of a log; empty where there is none yet. */
export const lastLine = async (file: string): Promise<string> =>
  (await readFile(file, "utf8").catch(() => "")).trimEnd().replace(/^.*\n/s, "");

const isRunning = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

/** The port of 127.0.0.1 if nothing listens on it now; for 0 any such port. @throws Error with code EADDRINUSE */
export const freePort = (port = 0): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(port, "127.0.0.1", () => {
      const { port: found } = probe.address() as AddressInfo;
      probe.close(() => resolve(found));
    });
  });
