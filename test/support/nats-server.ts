import { openDataFolder } from "@lookalike/local/data-folder";
import { type NatsOptions, startNats } from "@lookalike/local/nats-server";
import { temporaryFolder } from "./folders.ts";

/** A real nats-server alone, on a free port and in a temporary folder. */
export interface NatsServer {
  readonly url: string;
  /** kill -9. */
  kill(): Promise<void>;
  /** Starts it once more after a kill, on the same port and with what it has stored. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export const startNatsServer = async (options: NatsOptions = {}): Promise<NatsServer> => {
  const { path, remove } = await temporaryFolder();
  const data = await openDataFolder(path);
  const start = (more: NatsOptions = {}) => startNats(data, () => undefined, { ...options, ...more });
  let server = await start();
  return {
    url: server.url,
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
