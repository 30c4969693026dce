import { join } from "node:path";
import type { NatsServer } from "@lookalike/local/nats-server";
import { type NatsOptions, startNats } from "@lookalike/local/nats-server";
import { type PostgresServer, startPostgres } from "@lookalike/local/postgres";
import { type Bus, connectBus } from "@lookalike/shared/bus/connect";
import type { ServiceName } from "@lookalike/shared/runtime/config";
import { openStore, type Store } from "@lookalike/shared/store/open";
import { temporaryFolder } from "./folders.ts";
import { createAdministrator } from "./nats-server.ts";
import { openPreparedData } from "./prepared-data.ts";

/** The access key of the tests' owner. */
export const TEST_KEY = `lk_${"test".repeat(10)}key`;
const SEALING_KEY = Buffer.alloc(32, "sealing").toString("base64");
export const WITH_KEY = { authorization: `Bearer ${TEST_KEY}` };

/** Real PostgreSQL and nats-server on free ports, in a temporary folder. */
export interface Servers {
  readonly folder: string;
  /** For a test that looks at everything. */
  readonly environment: Record<string, string>;
  /** For a service: what it has instead of that. */
  readonly ownEnvironment: (name: ServiceName) => Record<string, string>;
  readonly postgres: PostgresServer;
  readonly nats: NatsServer;
  stop(): Promise<void>;
}

export const startServers = async (nats: NatsOptions = {}): Promise<Servers> => {
  const { path: folder, remove } = await temporaryFolder();
  const data = await openPreparedData(join(folder, "data"));
  const { nkey, file } = await createAdministrator(folder);
  const [postgres, natsServer] = await Promise.all([
    startPostgres(data),
    startNats(data, () => undefined, { ...nats, administrators: [nkey] }),
  ]);
  const servers = serversOf({ folder, administrator: file, postgres, nats: natsServer });
  return {
    ...servers,
    async stop() {
      await servers.stop();
      await remove();
    },
  };
};

interface ServersParts extends Pick<Servers, "folder" | "postgres" | "nats"> {
  /** The file with the nkey of the tests' own user of this NATS. */
  readonly administrator: string;
}

/** Servers that run already, with a folder for what is started on them. */
export const serversOf = ({ folder, administrator, postgres, nats }: ServersParts): Servers => ({
  folder,
  environment: serviceEnvironment({ databaseUrl: postgres.url, natsUrl: nats.url, nkeyFile: administrator }),
  ownEnvironment: (name) => ({ DATABASE_URL: postgres.urlOf(name), NATS_NKEY: nats.nkeyFile(name) }),
  postgres,
  nats,
  async stop() {
    await nats.stop();
    await postgres.stop();
  },
});

/** What services get on servers at these addresses, with the secrets of one who may do everything. */
export const serviceEnvironment = (servers: { databaseUrl: string; natsUrl: string; nkeyFile: string }) => ({
  DATABASE_URL: servers.databaseUrl,
  NATS_URL: servers.natsUrl,
  NATS_NKEY: servers.nkeyFile,
  LOG_LEVEL: "warn",
  LOOKALIKE_FIRST_KEY: TEST_KEY,
  LOOKALIKE_SEALING_KEY: SEALING_KEY,
  LOOKALIKE_SOURCE_ROOTS: "/",
});

/** Bus and store on these servers, for a test to look inside. */
export const connectTo = async (
  environment: Record<string, string>,
): Promise<{ bus: Bus; store: Store; close(): Promise<void> }> => {
  const bus = await connectBus(environment["NATS_URL"] ?? "", "lookalike-test", () => undefined, environment);
  const store = await openStore(environment["DATABASE_URL"] ?? "", "lookalike-test", 4);
  return {
    bus,
    store,
    async close() {
      await bus.connection.close();
      await store.close();
    },
  };
};
