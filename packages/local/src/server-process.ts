import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { EXIT, OperatorError } from "@lookalike/shared/runtime/errors";
import { ProcessRecord, recordOf, stateOf } from "./processes.ts";

/** A server that `lookalike start` runs: nats-server or PostgreSQL. */
export type Server = Awaited<ReturnType<typeof launch>>;

interface Launch {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** File for the server's output. */
  readonly log: string;
  /** File that records the process, so that the next start can end one that was left behind. */
  readonly pidFile: string;
  readonly stopSignal: NodeJS.Signals;
  readonly url: string;
  readonly isReady: () => Promise<boolean>;
}

const READY_MS = 30_000;
const STOP_MS = 15_000;

/** Starts a server and waits until it is ready. @throws OperatorError with the end of its log */
export const launch = async (server: Launch) => {
  const { name, log, pidFile, stopSignal, url, isReady } = server;
  await endLeftover(pidFile, stopSignal);
  const output = openSync(log, "a");
  // Its own process group: Ctrl-C must reach the services first, and the server only after them.
  const child = spawn(server.command, server.args, { stdio: ["ignore", output, output], detached: true });
  closeSync(output);
  // A program that can't be run never exits: then its error ends the wait.
  const exited = once(child, "exit").catch(() => undefined);
  const { pid } = child;
  if (pid === undefined) throw new OperatorError(`${name}: ${server.command} can't be run.`, EXIT.unavailable);
  await recordOf(pid).then(
    (record) => writeFile(pidFile, `${JSON.stringify(record)}\n`),
    // It has ended already, which the loop below reports.
    () => undefined,
  );
  const stop = async (): Promise<void> => {
    if (isRunning(child)) {
      child.kill(stopSignal);
      const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      await exited;
      clearTimeout(late);
    }
    await rm(pidFile, { force: true });
  };
  for (const deadline = Date.now() + READY_MS; !(await isReady()); await sleep(50)) {
    if (isRunning(child) && Date.now() < deadline) continue;
    await stop();
    throw new OperatorError(`${name} did not start: ${await lastLine(log)} (see ${log})`, EXIT.unavailable);
  }
  return { url, pid, stop };
};

/** The last line of a log; empty where there is none yet. */
export const lastLine = async (file: string): Promise<string> =>
  (await readFile(file, "utf8").catch(() => "")).trimEnd().replace(/^.*\n/s, "");

const isRunning = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

/** Ends the server of a start that was killed. */
const endLeftover = async (pidFile: string, signal: NodeJS.Signals): Promise<void> => {
  const leftover = await readFile(pidFile, "utf8").then(
    (text) => ProcessRecord.parse(JSON.parse(text)),
    () => null,
  );
  if (leftover === null) return;
  if ((await stateOf(leftover)) === "runs") process.kill(leftover.pid, signal);
  // PostgreSQL believes that a process runs until its exit code has been read: this waits for that, too.
  for (const deadline = Date.now() + STOP_MS; Date.now() < deadline; await sleep(50))
    if ((await stateOf(leftover)) === "absent") return;
};

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
