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

/** The whole system: servers and the four services, each a process of its own. */
export interface System {
  readonly servers: Servers;
  readonly client: Client;
  readonly address: string;
  readonly services: Services;
  /** A path in the servers' temporary folder. */
  path(name: string): string;
  /** Runs a job over the source to its end. */
  run(source: Source, options?: Partial<JobOptions>, name?: string, seconds?: number): Promise<Job>;
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
  const client = createClient(() => services.address, TEST_KEY);
  return {
    servers,
    client,
    address: services.address,
    services,
    path: (name) => join(servers.folder, name),
    async run(source, options = {}, name = JSON.stringify(source), seconds = PATIENCE_SECONDS) {
      const catalog = await client.openCatalog(name, source);
      return finished(client, (await client.startJob(catalog, JobOptions.parse(options))).id, seconds);
    },
    async stop() {
      await services.stop();
      await servers.stop();
    },
  };
};

/** Waits until the job is over. @throws with the job's state when that takes longer than `seconds` */
export const finished = async (client: Client, id: string, seconds = PATIENCE_SECONDS): Promise<Job> => {
  const started = Date.now();
  // A short job's time is measured by this, and a long one must not be slowed down by many requests.
  for (const pause = () => Math.min(100, 10 + (Date.now() - started) / 50); ; await sleep(pause())) {
    const job = await client.readJob(id);
    if (job.phase === "done") return job;
    if (Date.now() > started + seconds * 1_000) throw new Error(`not over after ${seconds} s: ${JSON.stringify(job)}`);
  }
};
