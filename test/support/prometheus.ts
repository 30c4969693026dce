import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "@lookalike/local/server-process";
import { z } from "zod";
import { areInstalled } from "./installed.ts";
import { until } from "./until.ts";

const PROGRAMS = ["prometheus", "prometheus-postgres-exporter", "prometheus-node-exporter", "openssl"];
export const hasPrometheus = areInstalled(PROGRAMS, `apt-get install ${PROGRAMS.join(" ")}`);

const Answer = z.object({
  status: z.string(),
  error: z.string().optional(),
  data: z.object({ result: z.array(z.unknown()) }).optional(),
});
const Alerts = z.object({
  data: z.object({ alerts: z.array(z.object({ state: z.string(), labels: z.record(z.string(), z.string()) })) }),
});

/** A real Prometheus that scrapes every second. */
export interface Prometheus {
  /** Results of an expression now. @throws when Prometheus can't parse it */
  query(expr: string): Promise<unknown[]>;
  /** Names of the alerts that fire now. */
  firing(): Promise<string[]>;
  stop(): Promise<void>;
}

interface PrometheusOptions {
  readonly folder: string;
  /** Addresses, host:port, by job. */
  readonly targets: Readonly<Record<string, readonly string[]>>;
  /** Rule files. */
  readonly rules: readonly string[];
}

export const startPrometheus = async ({ folder, targets, rules }: PrometheusOptions): Promise<Prometheus> => {
  const port = await freePort();
  const config = join(folder, "prometheus.yml");
  const settings = {
    global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
    rule_files: rules,
    scrape_configs: Object.entries(targets).map(([job, addresses]) => ({
      job_name: job,
      static_configs: [{ targets: addresses }],
    })),
  };
  // YAML reads JSON.
  await writeFile(config, JSON.stringify(settings));
  const address = `http://127.0.0.1:${port}`;
  const child = spawn(
    "prometheus",
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, "tsdb")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=warn",
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  const ask = async (path: string): Promise<unknown> => (await fetch(`${address}${path}`)).json();
  await until(() =>
    fetch(`${address}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  return {
    async query(expr) {
      const answer = Answer.parse(await ask(`/api/v1/query?query=${encodeURIComponent(expr)}`));
      if (answer.status !== "success") throw new Error(`${expr}: ${answer.error}`);
      return answer.data?.result ?? [];
    },
    async firing() {
      const { alerts } = Alerts.parse(await ask("/api/v1/alerts")).data;
      return alerts.filter(({ state }) => state === "firing").map(({ labels }) => labels["alertname"] ?? "");
    },
    stop: () => ended(child),
  };
};

/** Debian's exporter of PostgreSQL's statistics, or of the machine's. */
export const startExporter = async (
  command: string,
  environment: Record<string, string>,
): Promise<{ port: number; stop(): Promise<void> }> => {
  const port = await freePort();
  const child = spawn(command, [`--web.listen-address=127.0.0.1:${port}`], {
    env: { ...process.env, ...environment },
    stdio: "ignore",
  });
  return { port, stop: () => ended(child) };
};

const ended = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
};
