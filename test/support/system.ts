import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Client, createClient, type Job } from "@lookalike/cli/client";
import type { NatsOptions } from "@lookalike/local/nats-server";
import { type Services, startServices } from "@lookalike/local/services";
import { JobOptions } from "@lookalike/shared/domain/job/options";
import type { Source } from "@lookalike/shared/domain/job/source";
import { type Servers, startServers, TEST_KEY } from "./servers.ts";
import { PATIENCE_SECONDS } from "./until.ts";

/** The whole system as its owner and an operator see it. */
export interface RunningSystem {
  readonly client: Client;
  readonly address: string;
  /** For a test that looks at everything. */
  readonly environment: Record<string, string>;
  /** A path in a temporary folder. */
  path(name: string): string;
  /** Runs a job over the source to its end. */
  run(source: Source, options?: Partial<JobOptions>, name?: string, seconds?: number): Promise<Job>;
}

/** The whole system: servers and the four services, each a process of its own. */
export interface System extends RunningSystem {
  readonly servers: Servers;
  readonly services: Services;
  stop(): Promise<void>;
}

export const startSystem = async (overrides: Record<string, string> = {}, nats: NatsOptions = {}): Promise<System> =>
  startSystemOn(await startServers(nats), overrides);

/** The services on these servers, which end with them. */
export const startSystemOn = async (servers: Servers, overrides: Record<string, string>): Promise<System> => {
  const logs = join(servers.folder, "logs");
  await mkdir(logs);
  const environment = { ...servers.environment, LOOKALIKE_PORT: "0", ...overrides };
  await servers.postgres.migrate();
  const services = await startServices({ environment, ownEnvironment: servers.ownEnvironment, logs });
  const running = runningSystem(() => services.address, servers.environment, servers.folder);
  return Object.assign(running, {
    servers,
    services,
    async stop() {
      await services.stop();
      await servers.stop();
    },
  });
};

/** A system whose API has this address, which may change. @param folder where its paths are */
export const runningSystem = (
  address: () => string,
  environment: Record<string, string>,
  folder: string,
): RunningSystem => {
  const client = createClient(address, TEST_KEY);
  return {
    client,
    get address() {
      return address();
    },
    environment,
    path: (name) => join(folder, name),
    async run(source, options = {}, name = JSON.stringify(source), seconds = PATIENCE_SECONDS) {
      const catalog = await client.openCatalog(name, source);
      return finished(client, (await client.startJob(catalog, JobOptions.parse(options))).id, seconds);
    },
  };
};

/**
 * The pause before a job is read again. A bench measures a short job's time by it, tests have hundreds of such jobs and
 * pay for each request; a long one must not be slowed down by many.
 */
const pauseAfter = (ms: number): number =>
  Math.min(100, process.env["VITEST"] === undefined ? 10 + ms / 50 : 20 + ms / 5);

/** Waits until the job is over. @throws with the job's state when that takes longer than `seconds` */
export const finished = async (client: Client, id: string, seconds = PATIENCE_SECONDS): Promise<Job> => {
  const started = Date.now();
  for (; ; await sleep(pauseAfter(Date.now() - started))) {
    const job = await client.readJob(id);
    if (job.phase === "done") return job;
    if (Date.now() > started + seconds * 1_000) throw new Error(`not over after ${seconds} s: ${JSON.stringify(job)}`);
  }
};
