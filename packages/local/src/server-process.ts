import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { EXIT, OperatorError } from "@lookalike/shared/runtime/errors";

/** A server that the quick start runs: nats-server or PostgreSQL. */
export interface Server {
  readonly url: string;
  stop(): Promise<void>;
}

interface Launch {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly options?: SpawnOptions;
  /** The server's output. */
  readonly log: string;
  /** Remembers the process, so that the next start can end one that was left behind. */
  readonly pidFile: string;
  readonly stopSignal: NodeJS.Signals;
  readonly url: string;
  readonly isReady: () => Promise<boolean>;
}

const READY_MS = 30_000;
const STOP_MS = 15_000;

/** Starts a server and waits until it answers. @throws OperatorError with the end of its log */
export const launch = async ({
  name,
  command,
  args,
  options,
  log,
  pidFile,
  stopSignal,
  url,
  isReady,
}: Launch): Promise<Server> => {
  await endLeftover(pidFile, command, stopSignal);
  const output = openSync(log, "a");
  // Its own process group: it must outlive the services at Ctrl-C, not die beside them.
  const child = spawn(command, args, { ...options, stdio: ["ignore", output, output], detached: true });
  closeSync(output);
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  if (child.pid !== undefined) await writeFile(pidFile, String(child.pid));
  const stop = () => end(child, exited, stopSignal, pidFile);
  for (const deadline = Date.now() + READY_MS; !(await isReady()); await sleep(50)) {
    if (isRunning(child) && Date.now() < deadline) continue;
    await stop();
    const lines = await readFile(log, "utf8").catch(() => "");
    throw new OperatorError(
      `${name} did not start: ${lines.trim().split("\n").at(-1) ?? ""} (see ${log})`,
      EXIT.unavailable,
    );
  }
  return { url, stop };
};

const isRunning = (child: ChildProcess): boolean =>
  child.pid !== undefined && child.exitCode === null && child.signalCode === null;

const end = async (
  child: ChildProcess,
  exited: Promise<void>,
  signal: NodeJS.Signals,
  pidFile: string,
): Promise<void> => {
  if (isRunning(child)) {
    child.kill(signal);
    const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await exited;
    clearTimeout(late);
  }
  await rm(pidFile, { force: true });
};

/** Ends the server of a quick start that was killed, if its process is still that server. */
const endLeftover = async (pidFile: string, command: string, signal: NodeJS.Signals): Promise<void> => {
  const pid = Number(await readFile(pidFile, "utf8").catch(() => ""));
  if (!Number.isInteger(pid) || pid <= 0) return;
  const of = (file: string): Promise<string> => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
  const isOurs = async () => (await of("cmdline")).includes(command);
  // A killed process that nobody has waited for has no command line any more, and PostgreSQL takes it for a live one.
  const isZombie = async () => /\) Z [^)]*$/.test(await of("stat"));
  if (await isOurs()) process.kill(pid, signal);
  for (const deadline = Date.now() + STOP_MS; Date.now() < deadline; await sleep(50))
    if (!(await isOurs()) && !(await isZombie())) return;
};

/** A TCP port of 127.0.0.1 that nothing listens on now. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === "object" && address !== null ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
