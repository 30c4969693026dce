import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openUsers } from "@lookalike/local/nats-server";
import { SERVICE_NAMES, type ServiceName } from "@lookalike/shared/runtime/config";
import { temporaryFolder } from "../../support/folders.ts";
import { type Cluster, startCluster } from "../../support/nats-cluster.ts";
import { createAdministrator } from "../../support/nats-server.ts";
import { serviceEnvironment } from "../../support/servers.ts";
import { type Instance, startInstance } from "../instance.ts";
import { type Stage, stageOn, WAITS } from "../stage.ts";
import { type Clock, openClock } from "./clock.ts";
import { addressOf, type Host, type Network, openNetwork } from "./network.ts";
import { type PostgresPair, startPostgresPair } from "./postgres.ts";

export const NATS_HOSTS = ["nats1", "nats2", "nats3"] as const satisfies readonly Host[];
const SERVICE_HOSTS = ["services1", "services2"] as const satisfies readonly Host[];

/** A service's process with a clock of its own. */
interface HostInstance extends Instance {
  readonly clock: Clock;
}

/** Three NATS servers, a PostgreSQL with a standby, and two of each service, on hosts of their own. */
export interface HostsStage extends Stage<HostInstance> {
  readonly network: Network;
  readonly nats: Cluster;
  readonly postgres: PostgresPair;
  /** Of PostgreSQL, on both hosts. */
  readonly databaseClock: Clock;
}

export const startHostsStage = async (waits: keyof typeof WAITS, seed: number): Promise<HostsStage> => {
  if (process.getuid?.() !== 0)
    throw new Error("--hosts makes network namespaces, which only root may: run it with sudo");
  const stops: (() => Promise<unknown>)[] = [];
  const stopAll = async (): Promise<void> => {
    for (const stop of stops.splice(0).reverse()) await stop();
  };
  try {
    return await startOn(waits, seed, stops, stopAll);
  } catch (error) {
    await stopAll();
    throw error;
  }
};

/** @param stops gets what ends each part, in the order of their starts */
const startOn = async (
  waits: keyof typeof WAITS,
  seed: number,
  stops: (() => Promise<unknown>)[],
  stopServers: () => Promise<void>,
): Promise<HostsStage> => {
  const { path: folder, remove } = await temporaryFolder();
  stops.push(remove);
  const logs = join(folder, "logs");
  await mkdir(logs);
  const network = await openNetwork(seed);
  stops.push(network.stop);
  const { nkey, file: administrator } = await createAdministrator(folder);
  const { users, nkeyFile } = await openUsers(folder, [nkey]);
  const nats = await startCluster({
    folder,
    places: NATS_HOSTS.map((host) => ({ host: addressOf(host), port: 4222, routePort: 6222, on: network.on(host) })),
    users,
    administrator,
  });
  stops.push(nats.stop);
  const databaseClock = await openClock(join(folder, "clock-postgres"));
  const postgres = await startPostgresPair(network, logs, databaseClock, stops);
  await postgres.migrate();
  const environment = {
    ...serviceEnvironment({ databaseUrl: postgres.url, natsUrl: nats.urls, nkeyFile: administrator }),
    LOOKALIKE_STREAM_REPLICAS: "3",
  };
  const startOne = async (host: Host, name: ServiceName): Promise<HostInstance> => {
    const clock = await openClock(join(folder, `clock-${name}-${host}`));
    const instance = startInstance({
      name,
      log: join(folder, `${name}-${host}.log`),
      on: [...network.on(host), ...clock.on],
      environment: {
        ...environment,
        DATABASE_URL: postgres.urlOf(name),
        NATS_NKEY: nkeyFile(name),
        LOOKALIKE_HOST: addressOf(host),
        ...WAITS[waits],
      },
    });
    return { ...instance, clock };
  };
  const instances = await Promise.all(
    SERVICE_HOSTS.flatMap((host) => SERVICE_NAMES.map((name) => startOne(host, name))),
  );
  const stage = await stageOn({ folder, logs, environment, instances, stopServers });
  const prepare = async (): Promise<void> => {
    await network.set([]);
    await postgres.addStandby();
  };
  const stop = async (): Promise<void> => {
    // Between hosts that do not reach each other nothing ends in order.
    await network.set([]);
    await stage.stop();
  };
  return { ...stage, prepare, stop, network, nats, postgres, databaseClock };
};
