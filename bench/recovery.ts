import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient, type Job } from "@lookalike/cli/client";
import { STREAMS } from "@lookalike/shared/bus/topology";
import { JobOptions } from "@lookalike/shared/domain/job/options";
import type { ServiceName } from "@lookalike/shared/runtime/config";
import { writeHashes } from "../test/support/hashes.ts";
import { connectTo, startServers, TEST_KEY } from "../test/support/servers.ts";
import { killService, type Service, startServiceOn } from "../test/support/service.ts";
import { finished } from "../test/support/system.ts";
import { type Bench, costRow, type Row, throughputRow } from "./bench.ts";

const IMAGES = 50_000;
/** What an operator who looks at the job would take for stuck. */
const LIMIT_SECONDS = 60;

/** How soon work goes on with the waits that are the default: after a kill in the middle of grouping, and after lost tasks. */
export const recovery: Bench = {
  about: "a finalizer killed while it groups, and the stream of tasks lost in the middle of a job",
  async run(_rounds, say, images = IMAGES) {
    const servers = await startServers();
    const services: Service[] = [];
    const start = async (name: ServiceName): Promise<Service> => {
      const service = await startServiceOn(servers, name, { LOG_LEVEL: "error" });
      services.push(service);
      return service;
    };
    try {
      await servers.postgres.migrate();
      const file = join(servers.folder, "hashes.ndjson");
      await writeHashes(file, { images, bits: 256, seed: 19, copiesPerThousand: 300 });
      const [, , victim, api] = await Promise.all([
        start("coordinator"),
        start("hasher"),
        start("comparer"),
        start("api"),
      ]);
      const client = createClient(() => api.address, TEST_KEY);
      const catalog = await client.openCatalog("recovery", { kind: "hashes", file });
      const options = JobOptions.parse({ kernel: "exhaustive", blockSize: 250, pairsPerTask: 25 });
      const until = async (id: string, isReached: (job: Job) => boolean): Promise<Job> => {
        for (;;) {
          const job = await client.readJob(id);
          if (isReached(job)) return job;
          await sleep(20);
        }
      };
      const { bus, close } = await connectTo(servers.environment);

      const lossy = await client.startJob(catalog, options);
      const half = await until(
        lossy.id,
        ({ totalTasks, completedTasks }) => totalTasks > 0 && completedTasks > totalTasks / 2,
      );
      await bus.jsm.streams.delete(STREAMS.tasks);
      const lostAt = performance.now();
      const next = await until(
        lossy.id,
        ({ completedTasks }) => completedTasks > half.completedTasks + options.batchSize,
      );
      const resumed = (performance.now() - lostAt) / 1_000;
      const rest = await until(lossy.id, ({ phase }) => phase === "grouping" || phase === "done");
      const perMinute = ((rest.totalTasks - half.completedTasks) * 60_000) / (performance.now() - lostAt);
      say(
        `the stream lost at ${half.completedTasks} of ${rest.totalTasks} tasks, ${next.completedTasks} after ${resumed.toFixed(1)} s`,
      );
      await finished(client, lossy.id, 600);

      const grouped = await client.startJob(catalog, { ...options, mode: "full" } as JobOptions);
      await until(grouped.id, ({ phase }) => phase === "grouping");
      const started = performance.now();
      await killService(victim);
      await start("comparer");
      await finished(client, grouped.id, 600);
      const replaced = (performance.now() - started) / 1_000;
      say(`killed while it grouped: grouped after ${replaced.toFixed(1)} s`);
      await close();
      const rows: Row[] = [
        throughputRow({
          bench: "recovery",
          case: `tasks a minute, from the loss of the stream to the last task`,
          ours: perMinute,
          rival: "before",
          theirs: 8,
          unit: "tasks/min",
          goal: 10,
        }),
        costRow({
          bench: "recovery",
          case: "from the kill of a finalizer to the groups",
          ours: replaced,
          rival: "limit",
          theirs: LIMIT_SECONDS,
          unit: "s",
          goal: 1,
        }),
      ];
      return rows;
    } finally {
      await Promise.all(services.map(killService));
      await servers.stop();
    }
  },
};
