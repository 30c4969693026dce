import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "@lookalike/local/server-process";
import { connectBus } from "@lookalike/shared/bus/connect";
import { until } from "./until.ts";

/** Where a node runs. */
interface Place {
  /** Its name or address. */
  readonly host: string;
  readonly port: number;
  /** The port for the other nodes. */
  readonly routePort: number;
  /** What runs a program there: comes before its command line. */
  readonly on: readonly string[];
}

interface ClusterOptions {
  readonly folder: string;
  /** Of its nodes. */
  readonly places: readonly Place[];
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

/** A connection between two servers that is lost without a word is noticed after three of them; by default after minutes. */
const PING_INTERVAL = "10s";

/** Places for so many nodes on this machine. */
export const localPlaces = (nodes: number): Promise<Place[]> =>
  Promise.all(
    Array.from({ length: nodes }, async () => ({
      host: "localhost",
      port: await freePort(),
      routePort: await freePort(),
      on: [],
    })),
  );

export const startCluster = async ({ folder, places, users, administrator, tls }: ClusterOptions): Promise<Cluster> => {
  const numbers = places.map((_, node) => node);
  const scheme = tls === undefined ? "nats" : "tls";
  for (const [node, { host, port, routePort }] of places.entries()) {
    const own = join(folder, `node-${node}`);
    await mkdir(own, { recursive: true });
    const settings = {
      server_name: `node-${node}`,
      ping_interval: PING_INTERVAL,
      listen: `${host}:${port}`,
      jetstream: { store_dir: own },
      cluster: {
        name: "test",
        listen: `${host}:${routePort}`,
        routes: places.map((place) => `nats://${place.host}:${place.routePort}`),
        ...(tls === undefined ? {} : { tls: { ...tlsFiles(tls), ca_file: tls.certificate, verify: true } }),
      },
      authorization: { users },
      ...(tls === undefined ? {} : { tls: tlsFiles(tls) }),
    };
    // The server's configuration language reads JSON.
    await writeFile(join(own, "nats.conf"), JSON.stringify(settings));
  }
  const launch = (node: number) => {
    const config = join(folder, `node-${node}`, "nats.conf");
    const [program = "", ...args] = [...(places[node]?.on ?? []), "nats-server", "-c", config];
    return spawn(program, args, { stdio: "ignore" });
  };
  const running = numbers.map(launch);
  const end = async (node: number, signal: NodeJS.Signals): Promise<void> => {
    const child = running[node];
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, "exit");
  };
  const urls = places.map(({ host, port }) => `${scheme}://${host}:${port}`).join();
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
