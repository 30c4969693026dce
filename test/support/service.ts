import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { ServiceName } from "@lookalike/shared/runtime/config";
import { ROOT } from "./folders.ts";
import type { Servers } from "./servers.ts";

/** A service alone, for a test to kill. */
export interface Service {
  readonly child: ChildProcess;
  /** Address of the API; empty for the other services. */
  readonly address: string;
}

/**
 * Starts a service as `pnpm --filter @lookalike/<name> start` does, and waits until it is ready.
 * @param root the repository that it is built in
 */
export const startService = async (
  name: string,
  environment: Record<string, string>,
  root = ROOT,
): Promise<Service> => {
  const child = spawn(process.execPath, [join(root, "services", name, "dist/main.js")], {
    env: { ...process.env, LOOKALIKE_PORT: "0", ...environment },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ended = once(child, "exit").then(([code, signal]) => {
    throw new Error(`the ${name} ended before it was ready: ${code ?? signal}`);
  });
  ended.catch(() => undefined);
  let address = "";
  for (;;) {
    const [message] = await Promise.race([once(child, "message"), ended]);
    if (message === "ready") return { child, address };
    address = (message as { address: string }).address;
  }
};

/** A service alone on these servers, with its own secrets. */
export const startServiceOn = (
  servers: Servers,
  name: ServiceName,
  overrides: Record<string, string> = {},
  root = ROOT,
): Promise<Service> =>
  startService(name, { ...servers.environment, ...servers.ownEnvironment(name), ...overrides }, root);

/** SIGTERM. Resolves when the process has ended. */
export const stopService = ({ child }: Service): Promise<void> => endBy(child, "SIGTERM");

/** kill -9. Resolves when the process has ended. */
export const killService = ({ child }: Service): Promise<void> => endBy(child, "SIGKILL");

const endBy = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, "exit");
};
