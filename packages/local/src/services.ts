import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SERVICE_NAMES, type ServiceName } from "@lookalike/shared/runtime/config";
import { EXIT, OperatorError } from "@lookalike/shared/runtime/errors";
import { z } from "zod";
import { fullDisk } from "./full-disk.ts";
import { lastLine } from "./server-process.ts";

/** The four services, each in a process of its own that is started again after a crash. */
export type Services = Awaited<ReturnType<typeof startServices>>;

const MAX_QUICK_CRASHES = 5;
const QUICK_MS = 10_000;
/** What a service sends to its parent process besides "ready". */
const Addresses = z.object({ address: z.string().optional(), metricsAddress: z.string().optional() });

interface ServicesOptions {
  readonly environment: Record<string, string>;
  /** What only one of them gets: its own secrets. */
  readonly ownEnvironment?: (name: ServiceName) => Record<string, string>;
  /** Folder for their output. */
  readonly logs: string;
  /** The data folder's tag; left out: nobody looks for processes that a killed start left. */
  readonly tag?: string;
  /** Modes that they don't give to new files; left out: those of this process. */
  readonly umask?: number;
  /** Ends the start. */
  readonly ending?: AbortSignal;
}

/** Starts the services on these servers and waits until all are ready. */
export const startServices = async (options: ServicesOptions) => {
  const { ending } = options;
  ending?.throwIfAborted();
  const start = (name: ServiceName) => supervise(name, options);
  const supervised = Object.fromEntries(SERVICE_NAMES.map((name) => [name, start(name)])) as Record<
    ServiceName,
    Supervised
  >;
  const all = Object.values(supervised);
  const ended = new Promise<never>((_resolve, reject) => {
    ending?.addEventListener("abort", () => reject(ending.reason as unknown));
  });
  ended.catch(() => undefined);
  const failed = Promise.race(all.map((service) => service.failed));
  failed.catch(() => undefined);
  const stop = async () => {
    await Promise.all(all.map((service) => service.stop()));
  };
  try {
    await Promise.race([Promise.all(all.map(({ ready }) => ready)), failed, ended]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    /** Address of the API; another one after a crash where LOOKALIKE_PORT is 0. */
    get address() {
      const { address } = supervised.api.addresses();
      if (address === undefined) throw new Error("the api has sent no address");
      return address;
    },
    /** Address of a service's /metrics; undefined where it has none. */
    metricsAddress: (name: ServiceName) => supervised[name].addresses().metricsAddress,
    /** Process id of a service; another one after a crash. */
    pid: (name: ServiceName) => supervised[name].pid(),
    /** Rejects when a service has crashed too often to be started again. */
    failed,
    stop,
  };
};

type Supervised = ReturnType<typeof supervise>;

const supervise = (name: ServiceName, options: ServicesOptions) => {
  const log = join(options.logs, `${name}.log`);
  let wasReady = false;
  let isReady = (): void => undefined;
  const ready = new Promise<void>((resolve) => {
    isReady = () => {
      wasReady = true;
      resolve();
    };
  });
  let stopping = false;
  let addresses: z.infer<typeof Addresses> = {};
  const spawnOnce = (): ChildProcess => {
    const spawned = spawnService(name, options, log);
    spawned.on("message", (message) => {
      if (message === "ready") isReady();
      addresses = { ...addresses, ...Addresses.safeParse(message).data };
    });
    return spawned;
  };
  let child = spawnOnce();
  const superviseRuns = async (): Promise<void> => {
    for (let quickCrashes = 0; ; child = spawnOnce()) {
      const started = Date.now();
      const code = await new Promise<number | null>((resolve) => child.once("exit", resolve));
      if (stopping) return;
      quickCrashes = Date.now() - started < QUICK_MS ? quickCrashes + 1 : 1;
      const last = await lastLine(log);
      if (isFinal(code) && !wasReady) throw new OperatorError(`${last}${await fullDisk(options.logs)}`, code);
      if (quickCrashes >= MAX_QUICK_CRASHES)
        throw new OperatorError(
          `The ${name} crashed ${quickCrashes} times in a row: ${last} (see ${log})`,
          EXIT.software,
        );
      await sleep(200 * 2 ** quickCrashes);
      if (stopping) return;
    }
  };
  const runs = superviseRuns();
  return {
    ready,
    failed: runs.then(() => new Promise<never>(() => undefined)),
    addresses: () => addresses,
    pid(): number {
      if (child.pid === undefined) throw new Error(`the ${name} has no process`);
      return child.pid;
    },
    async stop() {
      stopping = true;
      child.kill("SIGTERM");
      await runs.catch(() => undefined);
    },
  };
};

/** The service ended with a line for its operator. Unless it was ready before, another start would end the same way. */
const isFinal = (code: number | null): code is number =>
  code === EXIT.config || code === EXIT.usage || code === EXIT.unavailable;

const spawnService = (name: ServiceName, options: ServicesOptions, log: string): ChildProcess => {
  const folder = dirname(createRequire(import.meta.url).resolve(`@lookalike/${name}/package.json`));
  const output = openSync(log, "a", 0o600);
  const umask = options.umask === undefined ? null : process.umask(options.umask);
  const args = options.tag === undefined ? [] : [options.tag];
  const child = spawn(process.execPath, [join(folder, "dist", "main.js"), ...args], {
    env: { ...process.env, ...options.environment, ...options.ownEnvironment?.(name) },
    stdio: ["ignore", output, output, "ipc"],
  });
  if (umask !== null) process.umask(umask);
  closeSync(output);
  return child;
};
