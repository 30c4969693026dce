import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EXIT, OperatorError } from "@lookalike/shared/runtime/errors";
import { z } from "zod";

const SERVICES = ["coordinator", "hasher", "comparer", "api"] as const;
type ServiceName = (typeof SERVICES)[number];

/** The four services, each a process of its own, started again when one crashes. */
export interface Services {
  /** Address of the API. */
  readonly address: string;
  /** Address of a service's /metrics, where it has one. */
  metricsAddress(name: ServiceName): string | undefined;
  /** Process id of a service, as it runs now. */
  pid(name: ServiceName): number | undefined;
  /** Rejects when a service can't be kept running. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

const MAX_QUICK_CRASHES = 5;
const QUICK_MS = 10_000;
const ReadyMessage = z.object({ address: z.string().optional(), metricsAddress: z.string().optional() });

/** Starts the services on these servers and waits until all are ready. */
export const startServices = async (environment: Record<string, string>, logs: string): Promise<Services> => {
  let reject: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_resolve, rejectFailed) => {
    reject = rejectFailed;
  });
  failed.catch(() => undefined);
  let address = "";
  const onAddress = (given: string) => {
    address = given;
  };
  const supervised = SERVICES.map((name) => supervise(name, environment, join(logs, `${name}.log`), onAddress, reject));
  const stop = async () => {
    await Promise.all(supervised.map((service) => service.stop()));
  };
  try {
    await Promise.race([Promise.all(supervised.map(({ ready }) => ready)), failed]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    get address() {
      return address;
    },
    metricsAddress: (name) => supervised[SERVICES.indexOf(name)]?.metricsAddress(),
    pid: (name) => supervised[SERVICES.indexOf(name)]?.pid(),
    failed,
    stop,
  };
};

const supervise = (
  name: ServiceName,
  environment: Record<string, string>,
  log: string,
  onAddress: (address: string) => void,
  onFailure: (error: Error) => void,
) => {
  let isReady = (): void => undefined;
  const ready = new Promise<void>((resolve) => {
    isReady = resolve;
  });
  let stopping = false;
  let child: ChildProcess | undefined;
  let measured: string | undefined;
  const keepRunning = async (): Promise<void> => {
    for (let quickCrashes = 0; !stopping; ) {
      const started = Date.now();
      child = spawnService(name, environment, log);
      child.on("message", (message) => {
        if (message === "ready") isReady();
        const { address, metricsAddress } = ReadyMessage.safeParse(message).data ?? {};
        if (address !== undefined) onAddress(address);
        if (metricsAddress !== undefined) measured = metricsAddress;
      });
      const code = await new Promise<number | null>((resolve) => child?.once("exit", resolve));
      if (stopping) return;
      quickCrashes = Date.now() - started < QUICK_MS ? quickCrashes + 1 : 1;
      const last = await lastLine(log);
      if (isForPeople(code)) throw new OperatorError(last, code ?? EXIT.software);
      if (quickCrashes >= MAX_QUICK_CRASHES)
        throw new OperatorError(
          `The ${name} crashed ${quickCrashes} times in a row: ${last} (see ${log})`,
          EXIT.software,
        );
      await sleep(200 * 2 ** quickCrashes);
    }
  };
  const running = keepRunning().catch(onFailure);
  return {
    ready,
    pid: () => child?.pid,
    metricsAddress: () => measured,
    async stop() {
      stopping = true;
      child?.kill("SIGTERM");
      await running;
    },
  };
};

/** The service ended with a line for whoever started it: trying again would end the same way. */
const isForPeople = (code: number | null): boolean =>
  code === EXIT.config || code === EXIT.usage || code === EXIT.unavailable;

const spawnService = (name: ServiceName, environment: Record<string, string>, log: string): ChildProcess => {
  const folder = dirname(createRequire(import.meta.url).resolve(`@lookalike/${name}/package.json`));
  const output = openSync(log, "a");
  const child = spawn(process.execPath, [join(folder, "dist", "main.js")], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", output, output, "ipc"],
  });
  closeSync(output);
  return child;
};

const lastLine = async (file: string): Promise<string> =>
  (await readFile(file, "utf8").catch(() => "")).trim().split("\n").at(-1) ?? "";
