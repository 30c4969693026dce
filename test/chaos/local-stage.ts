import { join } from "node:path";
import { SERVICE_NAMES, type ServiceName } from "@lookalike/shared/runtime/config";
import { through } from "../support/gate.ts";
import { type Servers, startServers } from "../support/servers.ts";
import { type Instance, startInstance } from "./instance.ts";
import { type Stage, stageOn, WAITS } from "./stage.ts";
import { openTap, type Tap } from "./tap.ts";

/** A service's process with a proxy before each server. */
interface TappedInstance extends Instance {
  readonly nats: Tap;
  readonly postgres: Tap;
}

/** All on this machine, with one server of each kind. */
export interface LocalStage extends Stage<TappedInstance> {
  readonly servers: Servers;
}

export const startLocalStage = async (waits: keyof typeof WAITS): Promise<LocalStage> => {
  const servers = await startServers();
  await servers.postgres.migrate();
  const instances = await Promise.all(
    SERVICE_NAMES.flatMap((name) => [1, 2].map((number) => startTapped(servers, name, number, WAITS[waits]))),
  );
  const { folder, environment } = servers;
  const logs = join(folder, "data", "logs");
  const stage = await stageOn({ folder, logs, environment, instances, stopServers: () => servers.stop() });
  return { ...stage, servers };
};

const startTapped = async (
  servers: Servers,
  name: ServiceName,
  number: number,
  waits: Record<string, string>,
): Promise<TappedInstance> => {
  const [nats, postgres] = await Promise.all(
    [servers.nats.url, servers.postgres.url].map((url) => openTap(Number(new URL(url).port))),
  );
  if (nats === undefined || postgres === undefined) throw new Error("no taps");
  const own = { ...servers.environment, ...servers.ownEnvironment(name) };
  const addresses = {
    NATS_URL: through(own["NATS_URL"] ?? "", nats),
    DATABASE_URL: through(own["DATABASE_URL"] ?? "", postgres),
  };
  const log = join(servers.folder, `${name}-${number}.log`);
  const instance = startInstance({ name, log, environment: { ...own, ...waits, ...addresses } });
  return {
    ...instance,
    nats,
    postgres,
    async stop() {
      await instance.stop();
      await Promise.all([nats.stop(), postgres.stop()]);
    },
  };
};
