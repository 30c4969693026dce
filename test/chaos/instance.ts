import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { lastLine } from "@lookalike/local/server-process";
import type { ServiceName } from "@lookalike/shared/runtime/config";
import { ROOT } from "../support/folders.ts";

/** A service's process, which is started again whenever it ends, as an orchestrator does. */
export interface Instance {
  readonly name: ServiceName;
  /** The file with its output. */
  readonly log: string;
  readonly ready: Promise<void>;
  /** Address of the API; empty until it is ready. */
  readonly address: () => string;
  /** kill -9. */
  kill(): void;
  /** Stops the process in the middle of whatever it does, until `unfreeze`. */
  freeze(): void;
  unfreeze(): void;
  /** Its memory in megabytes; 0 while it is not running. */
  memory(): number;
  /** Ends that nobody caused, each with the last line of its log. */
  readonly crashes: string[];
  stop(): Promise<void>;
}

interface InstanceOptions {
  readonly name: ServiceName;
  readonly log: string;
  /** What runs a program where it is to run: comes before its command line. Left out: here. */
  readonly on?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

const RESTART_MS = 500;
/** A service that can't reach its servers does not end by itself before its own grace is over. */
const KILLED_AFTER_MS = 15_000;

export const startInstance = ({ name, log, on = [], environment }: InstanceOptions): Instance => {
  const crashes: string[] = [];
  let address = "";
  let isExpected = false;
  let stopping = false;
  let isReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => {
    isReady = resolve;
  });
  const spawnOnce = (): ChildProcess => {
    const output = openSync(log, "a");
    const [program = "", ...args] = [...on, process.execPath, join(ROOT, "services", name, "dist/main.js")];
    const child = spawn(program, args, {
      env: { ...process.env, ...environment, LOG_LEVEL: "info", LOOKALIKE_PORT: "0" },
      stdio: ["ignore", output, output, "ipc"],
    });
    closeSync(output);
    child.on("message", (message) => {
      if (message === "ready") isReady();
      else if (typeof message === "object" && "address" in message) address = String(message.address);
    });
    return child;
  };
  let child = spawnOnce();
  const supervised = (async () => {
    for (;;) {
      const [code, signal] = await once(child, "exit");
      if (stopping) return;
      if (!isExpected) crashes.push(`${name} ended (${code ?? signal}): ${await lastLine(log)}`);
      isExpected = false;
      await sleep(RESTART_MS);
      if (stopping) return;
      child = spawnOnce();
    }
  })();
  return {
    name,
    log,
    ready,
    address: () => address,
    kill() {
      isExpected = true;
      address = "";
      child.kill("SIGKILL");
    },
    freeze: () => child.kill("SIGSTOP"),
    unfreeze: () => child.kill("SIGCONT"),
    memory: () => megabytesOf(child.pid ?? 0),
    crashes,
    async stop() {
      stopping = true;
      child.kill("SIGCONT");
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), KILLED_AFTER_MS);
      await supervised;
      clearTimeout(timer);
    },
  };
};

const megabytesOf = (pid: number): number => {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1_024;
  } catch {
    return 0;
  }
};
