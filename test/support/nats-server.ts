import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openDataFolder } from "@lookalike/local/data-folder";
import { type NatsOptions, startNats } from "@lookalike/local/nats-server";
import { type BusUser, createNkeySeed, nkeyOf } from "@lookalike/shared/bus/users";
import { temporaryFolder } from "./folders.ts";

/** A test's own user of a nats-server, who may look at everything and pretend to be anybody. */
export const createAdministrator = async (folder: string): Promise<{ nkey: string; file: string }> => {
  const seed = createNkeySeed();
  const file = join(folder, "administrator.nk");
  await writeFile(file, seed, { mode: 0o600 });
  return { nkey: nkeyOf(seed), file };
};

/** A real nats-server alone, on a free port and in a temporary folder. */
export interface NatsServer {
  readonly url: string;
  /** The file with the secret of a user, or of the test's own. */
  nkeyFile(user: BusUser | "administrator"): string;
  /** kill -9. */
  kill(): Promise<void>;
  /** Starts it once more after a kill, on the same port and with what it has stored. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export const startNatsServer = async (options: NatsOptions = {}): Promise<NatsServer> => {
  const { path, remove } = await temporaryFolder();
  const data = await openDataFolder(path);
  const { nkey, file } = await createAdministrator(path);
  const start = (more: NatsOptions = {}) =>
    startNats(data, () => undefined, { ...options, ...more, administrators: [nkey] });
  let server = await start();
  return {
    url: server.url,
    nkeyFile: (user) => (user === "administrator" ? file : server.nkeyFile(user)),
    async kill() {
      process.kill(server.pid, "SIGKILL");
      await server.stop();
    },
    async restart() {
      server = await start({ port: Number(new URL(server.url).port) });
    },
    async stop() {
      await server.stop();
      await remove();
    },
  };
};
