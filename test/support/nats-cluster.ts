import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "@lookalike/local/server-process";
import { connectBus } from "@lookalike/shared/bus/connect";
import { until } from "./until.ts";

interface ClusterOptions {
  readonly folder: string;
  readonly nodes: number;
  readonly users: readonly object[];
  /** The file with the secret of one who may look at everything. */
  readonly administrator: string;
  /** A certificate of the servers and its authority; left out: no TLS. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

/** Real nats-servers that form a cluster. */
export interface Cluster {
  /** Addresses of all, separated by commas. */
  readonly urls: string;
  /** kill -9. */
  kill(node: number): Promise<void>;
  start(node: number): void;
  stop(): Promise<void>;
}

const tlsFiles = ({ certificate, key }: NonNullable<ClusterOptions["tls"]>) => ({
  cert_file: certificate,
  key_file: key,
});

export const startCluster = async ({ folder, nodes, users, administrator, tls }: ClusterOptions): Promise<Cluster> => {
  const numbers = Array.from({ length: nodes }, (_, node) => node);
  const ports = await Promise.all(numbers.map(() => freePort()));
  const routes = await Promise.all(numbers.map(() => freePort()));
  const scheme = tls === undefined ? "nats" : "tls";
  for (const node of numbers) {
    const own = join(folder, `node-${node}`);
    await mkdir(own, { recursive: true });
    const settings = {
      server_name: `node-${node}`,
      listen: `127.0.0.1:${ports[node]}`,
      jetstream: { store_dir: own },
      cluster: {
        name: "test",
        listen: `127.0.0.1:${routes[node]}`,
        routes: routes.map((port) => `nats://localhost:${port}`),
        ...(tls === undefined ? {} : { tls: { ...tlsFiles(tls), ca_file: tls.certificate, verify: true } }),
      },
      authorization: { users },
      ...(tls === undefined ? {} : { tls: tlsFiles(tls) }),
    };
    // The server's configuration language reads JSON.
    await writeFile(join(own, "nats.conf"), JSON.stringify(settings));
  }
  const launch = (node: number) =>
    spawn("nats-server", ["-c", join(folder, `node-${node}`, "nats.conf")], { stdio: "ignore" });
  const running = numbers.map(launch);
  const end = async (node: number, signal: NodeJS.Signals): Promise<void> => {
    const child = running[node];
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, "exit");
  };
  const urls = ports.map((port) => `${scheme}://localhost:${port}`).join();
  // A cluster has JetStream once it has chosen a leader.
  await until(() =>
    connectBus(urls, "test", () => undefined, {
      NATS_NKEY: administrator,
      NATS_CA: tls?.certificate,
    }).then(
      async (bus) => {
        const isReady = await bus.jsm.getAccountInfo().then(
          () => true,
          () => false,
        );
        await bus.connection.close();
        return isReady;
      },
      () => false,
    ),
  );
  return {
    urls,
    kill: (node) => end(node, "SIGKILL"),
    start(node) {
      running[node] = launch(node);
    },
    async stop() {
      await Promise.all(numbers.map((node) => end(node, "SIGTERM")));
    },
  };
};
