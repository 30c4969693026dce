import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@lookalike/cli/client";
import { ensureTopology, STREAMS } from "@lookalike/shared/bus/topology";
import { JobOptions } from "@lookalike/shared/domain/job/options";
import type { ServiceName } from "@lookalike/shared/runtime/config";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { groupsOf } from "../support/groups.ts";
import { writeHashes } from "../support/hashes.ts";
import { connectTo, type Servers, startServers, TEST_KEY } from "../support/servers.ts";
import { killService, type Service, startServiceOn } from "../support/service.ts";
import { shortenWaits, TOPOLOGY_OF_OTHERS } from "../support/short-waits.ts";
import { finished } from "../support/system.ts";
import { THOROUGH } from "../support/thorough.ts";

const SOURCE = (file: string) => ({ kind: "hashes", file }) as const;
/** 6,000 images are 120 blocks and 7,260 pairs: 1,452 tasks, which is as many as the run that failed had, or fewer. */
const IMAGES = 6_000;
const TASKS = THOROUGH ? 1_452 : 121;
/** How much of the job is done at each kill of a coordinator. */
const SHARES = THOROUGH ? [0.05, 0.3, 0.55, 0.8] : [0.05, 0.55];
const OPTIONS = JobOptions.parse({ blockSize: 50, pairsPerTask: 7_260 / TASKS, batchSize: 20 });

let servers: Servers;
let api: Service;
let reference: string[];
const running = new Set<Service>();

const SOON = { LOOKALIKE_LOST_AFTER_MS: "2000", LOOKALIKE_RECONCILE_INTERVAL_MS: "500", ...TOPOLOGY_OF_OTHERS };

const start = async (name: ServiceName, environment: Record<string, string> = {}): Promise<Service> => {
  const service = await startServiceOn(servers, name, { ...SOON, ...environment });
  running.add(service);
  service.child.once("exit", () => running.delete(service));
  return service;
};
const startAll = (names: readonly ServiceName[], environment: Record<string, string> = {}) =>
  Promise.all(names.map((name) => start(name, environment)));
const killAll = () => Promise.all([...running].map(killService));

const createStreams = async (): Promise<void> => {
  const { bus, close } = await connectTo(servers.environment);
  await ensureTopology(bus, 1);
  await shortenWaits(bus);
  await close();
};

beforeAll(async () => {
  servers = await startServers();
  await servers.postgres.migrate();
  await createStreams();
  api = await startServiceOn(servers, "api", SOON);
  await writeHashes(join(servers.folder, "hashes.ndjson"), {
    images: IMAGES,
    bits: 128,
    seed: 3,
    copiesPerThousand: 70,
  });
});
afterAll(async () => {
  await killAll();
  await killService(api);
  await servers.stop();
});

/** Runs the job with `disturb` at work until it is over. */
const runJob = async (
  name: string,
  disturb: (job: () => Promise<{ completedTasks: number }>) => Promise<void>,
  options: JobOptions = OPTIONS,
) => {
  const client = createClient(() => api.address, TEST_KEY);
  const catalog = await client.openCatalog(name, SOURCE(join(servers.folder, "hashes.ndjson")));
  const { id } = await client.startJob(catalog, options);
  const disturbance = disturb(() => client.readJob(id));
  const job = await finished(client, id);
  await disturbance;
  return { job, groups: await groupsOf(client, id) };
};

const untilTasks = async (job: () => Promise<{ completedTasks: number }>, tasks: number): Promise<void> => {
  while ((await job()).completedTasks < tasks) await sleep(50);
};

const executions = async (job: string): Promise<number> => {
  const { bus, close } = await connectTo(servers.environment);
  const { state } = await bus.jsm.streams.info(STREAMS.events, {
    subjects_filter: `lookalike.event.*.*.${job}.pair-batch-done`,
  });
  await close();
  return Object.values(state.subjects ?? {}).reduce((sum, messages) => sum + messages, 0);
};

describe(`a job of ${TASKS} tasks`, () => {
  it("is done when nothing is disturbed", async () => {
    await startAll(["coordinator", "hasher", "comparer"]);
    const { job, groups } = await runJob("undisturbed", async () => undefined);
    expect(job).toMatchObject({
      state: "completed",
      totalBlocks: 120,
      totalBlockPairs: 7_260,
      totalTasks: TASKS,
      completedTasks: TASKS,
      quarantinedTasks: 0,
    });
    expect(groups.length).toBeGreaterThan(200);
    reference = groups;
    await killAll();
  });

  it("ends in the same groups, byte for byte, when the coordinator is killed -9 again and again", async () => {
    await startAll(["hasher", "comparer"]);
    let kills = 0;
    const { job, groups } = await runJob("coordinator killed", async (read) => {
      for (const share of SHARES) {
        const service = await start("coordinator");
        await untilTasks(read, TASKS * share);
        await killService(service);
        kills += 1;
      }
      await start("coordinator");
    });
    expect(job).toMatchObject({ state: "completed", completedTasks: TASKS, quarantinedTasks: 0 });
    expect(groups).toEqual(reference);
    // A completed task is not run again: at most those in flight at each kill are.
    expect((await executions(job.id)) - TASKS).toBeLessThanOrEqual(kills * OPTIONS.batchSize);
    await killAll();
  });

  it.runIf(THOROUGH)("ends in the same groups when its task stream is lost, with all that is in it", async () => {
    // They make it again: that is theirs only where they make all.
    const own = { LOOKALIKE_TOPOLOGY: "services" };
    await startAll(["coordinator", "hasher", "comparer"], own);
    const { job, groups } = await runJob("stream lost", async (read) => {
      await untilTasks(read, TASKS / 3);
      const { bus, close } = await connectTo(servers.environment);
      await bus.jsm.streams.delete(STREAMS.tasks);
      await close();
    });
    expect(job).toMatchObject({ state: "completed", completedTasks: TASKS, quarantinedTasks: 0 });
    expect(groups).toEqual(reference);
    await killAll();
    await createStreams();
  });

  it.runIf(THOROUGH)("ends in the same groups by the indexed kernel, whose comparer is killed -9", async () => {
    await startAll(["coordinator", "hasher"]);
    const indexed = JobOptions.parse({ ...OPTIONS, kernel: "indexed", batchSize: 2 });
    const killed = async (read: () => Promise<{ completedTasks: number }>): Promise<void> => {
      const service = await start("comparer");
      await untilTasks(read, 2);
      await killService(service);
      await start("comparer");
    };
    const { job, groups } = await runJob("indexed", killed, indexed);
    expect(job).toMatchObject({ state: "completed", kernel: "indexed", quarantinedTasks: 0 });
    expect([job.totalTasks, job.completedTasks]).toEqual([job.completedTasks, job.totalTasks]);
    expect(groups).toEqual(reference);
    await killAll();
  });

  it("finalizes once with three coordinators, two comparers, and workers that are killed", async () => {
    await startAll(["coordinator", "coordinator", "coordinator", "hasher", "comparer"]);
    const victim = await start("comparer");
    const { job, groups } = await runJob("many of each", async (read) => {
      await untilTasks(read, TASKS / 5);
      await killService(victim);
      await start("comparer");
    });
    expect(job).toMatchObject({ state: "completed", completedTasks: TASKS, quarantinedTasks: 0 });
    expect(groups).toEqual(reference);
    const { store, bus, close } = await connectTo(servers.environment);
    const { rows } = await store.pool.query("select run from finalization where job_id = $1", [job.id]);
    expect(rows).toEqual([{ run: 1 }]);
    const finalize = await bus.jsm.streams.info(STREAMS.finalize, {
      subjects_filter: `lookalike.finalize.*.*.${job.id}.*`,
    });
    expect(Object.values(finalize.state.subjects ?? {})).toEqual([1]);
    await close();
    await killAll();
  });
});
