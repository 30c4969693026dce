import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Client, createClient } from "@lookalike/cli/client";
import type { Bus } from "@lookalike/shared/bus/connect";
import type { JobState } from "@lookalike/shared/domain/job/job";
import { JobOptions } from "@lookalike/shared/domain/job/options";
import type { ServiceName } from "@lookalike/shared/runtime/config";
import type { Store } from "@lookalike/shared/store/open";
import { storedGroups } from "../support/groups.ts";
import { writeHashes } from "../support/hashes.ts";
import { connectTo, TEST_KEY, WITH_KEY } from "../support/servers.ts";
import type { Instance } from "./instance.ts";

/** 600 images are 12 blocks and 78 pairs, each a task: a job of seconds with many messages. */
const CATALOG = { images: 600, bits: 128, seed: 3, copiesPerThousand: 120 };
const OPTIONS = JobOptions.parse({ blockSize: 50, pairsPerTask: 1, batchSize: 10 });

/** Waits of the services: what they have by default, or less for more rounds in an hour. */
export const WAITS = {
  default: {},
  short: { LOOKALIKE_LOST_AFTER_MS: "4000", LOOKALIKE_RECONCILE_INTERVAL_MS: "1000" },
} as const;

/** A job as its row has it. */
interface JobNow {
  readonly state: JobState;
  readonly paused: boolean;
  readonly run: number;
  readonly total: number;
  readonly completed: number;
  readonly quarantined: number;
}

/** Real servers, two of each service, and what a round does with them. */
export interface Stage<One extends Instance = Instance> {
  readonly folder: string;
  /** The folder with the servers' output. */
  readonly logs: string;
  readonly bus: Bus;
  readonly store: Store;
  readonly client: Client;
  readonly instances: readonly One[];
  of(name: ServiceName): One[];
  /** Sends a request to an API that is ready. @throws where none is */
  request(path: string, method?: string): Promise<Response>;
  startJob(catalog: string): Promise<string>;
  job(id: string): Promise<JobNow>;
  /** Waits until the job's row is like this. @throws after `seconds`, with the row */
  until(id: string, condition: (job: JobNow) => boolean, seconds: number): Promise<JobNow>;
  groups(id: string): Promise<string>;
  /** Brings back what the last round's fault has left away. */
  prepare(): Promise<void>;
  stop(): Promise<void>;
}

/** Repeats what fails while a server or an API is away. */
export const persist = async <Result>(work: () => Promise<Result>, seconds = 60): Promise<Result> => {
  for (const deadline = Date.now() + seconds * 1_000; ; await sleep(50)) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
};

interface StageParts<One extends Instance> extends Pick<Stage<One>, "folder" | "logs" | "instances"> {
  /** Of one who looks at everything. */
  readonly environment: Record<string, string>;
  readonly stopServers: () => Promise<void>;
}

/** Waits until the instances are ready, and writes the catalog of all jobs. */
export const stageOn = async <One extends Instance>({
  folder,
  logs,
  environment,
  instances,
  stopServers,
}: StageParts<One>): Promise<Stage<One>> => {
  const file = join(folder, "hashes.ndjson");
  await writeHashes(file, CATALOG);
  await Promise.all(instances.map(({ ready }) => ready));
  const { bus, store, close } = await connectTo(environment);
  const of = (name: ServiceName) => instances.filter((instance) => instance.name === name);
  const anyApi = (): string => {
    const address = of("api")
      .find((api) => api.address() !== "")
      ?.address();
    if (address === undefined) throw new Error("no API is there");
    return address;
  };
  const client = createClient(anyApi, TEST_KEY);
  const job = (id: string): Promise<JobNow> =>
    persist(async () => {
      const { rows } = await store.pool.query<JobNow>(
        `select state, paused, run, total_tasks as total, completed_tasks as completed,
           quarantined_tasks as quarantined from job where id = $1`,
        [id],
      );
      const [row] = rows;
      if (row === undefined) throw new Error(`no job ${id}`);
      return row;
    });
  return {
    folder,
    logs,
    bus,
    store,
    client,
    instances,
    of,
    request: async (path, method = "GET") => fetch(new URL(path, anyApi()), { method, headers: WITH_KEY }),
    startJob: async (catalog) => {
      const opened = await persist(() => client.openCatalog(catalog, { kind: "hashes", file }));
      return (await persist(() => client.startJob(opened, OPTIONS))).id;
    },
    job,
    async until(id, condition, seconds) {
      for (const deadline = Date.now() + seconds * 1_000; ; await sleep(20)) {
        const now = await job(id);
        if (condition(now)) return now;
        if (Date.now() > deadline) throw new Error(JSON.stringify(now));
      }
    },
    groups: (id) => persist(async () => JSON.stringify(await storedGroups(store, id))),
    prepare: async () => undefined,
    async stop() {
      await Promise.all(instances.map((instance) => instance.stop()));
      await close();
      await stopServers();
    },
  };
};
