import { mkdir } from "node:fs/promises";
import { freePort } from "@lookalike/local/server-process";
import { SERVICE_NAMES } from "@lookalike/shared/runtime/config";
import { startNatsExporter } from "./nats-exporter.ts";
import { type Prometheus, startExporter, startPrometheus } from "./prometheus.ts";
import { type System, startSystem } from "./system.ts";

/** The whole system, with Prometheus and the exporters looking at it. */
export interface Observed {
  readonly system: System;
  readonly prometheus: Prometheus;
  stop(): Promise<void>;
}

export const startObserved = async (
  rules: readonly string[],
  environment: Record<string, string> = {},
  maxStorage?: number,
): Promise<Observed> => {
  const monitoringPort = await freePort();
  const nats = { monitoringPort, ...(maxStorage === undefined ? {} : { maxStorage }) };
  const system = await startSystem({ LOOKALIKE_METRICS_PORT: "0", ...environment }, nats);
  const exporter = await startNatsExporter(`http://127.0.0.1:${monitoringPort}`);
  const postgres = await startExporter("prometheus-postgres-exporter", {
    DATA_SOURCE_NAME: `${system.servers.environment["DATABASE_URL"]}?sslmode=disable`,
  });
  const node = await startExporter("prometheus-node-exporter", {});
  const folder = system.path("prometheus");
  await mkdir(folder);
  const hostOf = (address: string | undefined): string => (address === undefined ? "" : new URL(address).host);
  const prometheus = await startPrometheus({
    folder,
    rules,
    targets: {
      lookalike: SERVICE_NAMES.map((name) => hostOf(system.services.metricsAddress(name))),
      nats: [`127.0.0.1:${exporter.port}`],
      postgres: [`127.0.0.1:${postgres.port}`],
      node: [`127.0.0.1:${node.port}`],
    },
  });
  return {
    system,
    prometheus,
    async stop() {
      await prometheus.stop();
      exporter.stop();
      await Promise.all([postgres.stop(), node.stop()]);
      await system.stop();
    },
  };
};
