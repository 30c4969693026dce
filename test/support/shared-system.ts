import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { z } from "zod";
import { type RunningSystem, runningSystem, type System, startSystem } from "./system.ts";

/** Names the address at which the run's system is requested. */
const VARIABLE = "TEST_SHARED_SYSTEM";

const Shared = z.object({ address: z.string(), environment: z.record(z.string(), z.string()), folder: z.string() });

/**
 * Lets the files of a run share one whole system, since a start of one takes seconds of CPU. It starts when the first
 * of them requests it. @returns what ends it
 */
export const offerSharedSystem = async (): Promise<() => Promise<void>> => {
  if (process.env[VARIABLE] !== undefined) return async () => undefined;
  let starting: Promise<System> | null = null;
  const server = createServer((_request, response) => {
    starting ??= startSystem({ LOOKALIKE_REQUESTS_PER_MINUTE: "1000000" });
    starting.then(
      ({ address, environment, path }) =>
        response.end(JSON.stringify({ address, environment, folder: path("") } satisfies z.infer<typeof Shared>)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  process.env[VARIABLE] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return async () => {
    delete process.env[VARIABLE];
    server.close();
    await starting?.then(
      (system) => system.stop(),
      () => undefined,
    );
  };
};

/**
 * The run's system, for a test whose catalogs have names of their own and that leaves the processes as they are. Its paths
 * are in a folder of its own, which stays until the run ends: a catalog whose folder vanished would be found again in
 * another test's folder of the same pictures.
 * @throws where it does not start
 */
export const sharedSystem = async (): Promise<RunningSystem> => {
  const response = await fetch(process.env[VARIABLE] ?? "");
  const text = await response.text();
  if (!response.ok) throw new Error(`the shared system does not start: ${text}`);
  const { address, environment, folder } = Shared.parse(JSON.parse(text));
  return runningSystem(() => address, environment, await mkdtemp(join(folder, "test-")));
};
