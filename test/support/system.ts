import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Client, createClient, type Job } from "@lookalike/cli/client";
import { type DataFolder, openDataFolder } from "@lookalike/local/data-folder";
import { type NatsOptions, startNats } from "@lookalike/local/nats-server";
import { startPostgres } from "@lookalike/local/postgres";
import type { Server } from "@lookalike/local/server-process";
import { type Services, startServices } from "@lookalike/local/services";
import { type Bus, type BusFiles, connectBus } from "@lookalike/shared/bus/connect";
import { JobOptions } from "@lookalike/shared/domain/job/options";
import type { Source } from "@lookalike/shared/domain/job/source";
import { openStore, type Store } from "@lookalike/shared/store/open";
import { AckPolicy, DeliverPolicy, type JsMsg } from "nats";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The access key of the tests' owner. */
export const TEST_KEY = `lk_${"test".repeat(10)}key`;
export const WITH_KEY = { authorization: `Bearer ${TEST_KEY}` };

/** A temporary folder, for the test to remove. */
export const temporaryFolder = async (): Promise<{ path: string; remove(): Promise<void> }> => {
  const path = await mkdtemp(join(tmpdir(), "lookalike-test-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
};

/** Real PostgreSQL and nats-server on free ports, in a temporary folder. */
export interface Servers {
  readonly folder: string;
  readonly environment: Record<string, string>;
  readonly postgres: Server;
  readonly nats: Server;
  stop(): Promise<void>;
}

export const startServers = async (nats: NatsOptions = {}): Promise<Servers> => {
  const { path: folder, remove } = await temporaryFolder();
  const data: DataFolder = await openDataFolder(join(folder, "data"));
  const [postgres, natsServer] = await Promise.all([startPostgres(data), startNats(data, () => undefined, nats)]);
  return {
    folder,
    environment: {
      DATABASE_URL: postgres.url,
      NATS_URL: natsServer.url,
      LOG_LEVEL: "warn",
      LOOKALIKE_FIRST_KEY: TEST_KEY,
      LOOKALIKE_SOURCE_ROOTS: "/",
    },
    postgres,
    nats: natsServer,
    async stop() {
      await natsServer.stop();
      await postgres.stop();
      await remove();
    },
  };
};

/** Bus and store on these servers, for a test to look inside. */
export const connectTo = async (
  environment: Record<string, string>,
  files: BusFiles = {},
): Promise<{ bus: Bus; store: Store; close(): Promise<void> }> => {
  const bus = await connectBus(environment["NATS_URL"] ?? "", "lookalike-test", () => undefined, files);
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

/** Every message of a stream, in order, through a consumer with back-pressure. */
export async function* messagesOf({ js, jsm }: Bus, stream: string): AsyncGenerator<JsMsg> {
  const { state } = await jsm.streams.info(stream);
  const { name } = await jsm.consumers.add(stream, {
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
  });
  const consumer = await js.consumers.get(stream, name);
  for (let read = 0; read < state.messages; ) {
    // Requests no more than there is: a fetch that expires loses messages on their way for 30 seconds.
    const request = { max_messages: Math.min(100, state.messages - read), expires: 30_000 };
    for await (const message of await consumer.fetch(request)) {
      message.ack();
      read += 1;
      yield message;
    }
  }
}

/** The whole system: servers and the four services, each a process of its own. */
export interface System {
  readonly servers: Servers;
  readonly client: Client;
  readonly address: string;
  readonly services: Services;
  /** Runs a job over the source to its end. */
  run(source: Source, options?: Partial<JobOptions>, name?: string, seconds?: number): Promise<Job>;
  stop(): Promise<void>;
}

export const startSystem = async (overrides: Record<string, string> = {}, nats: NatsOptions = {}): Promise<System> =>
  startSystemOn(await startServers(nats), overrides);

/** The services on these servers, which end with them. */
export const startSystemOn = async (servers: Servers, overrides: Record<string, string>): Promise<System> => {
  const logs = join(servers.folder, "logs");
  await mkdir(logs);
  const services = await startServices({ ...servers.environment, LOOKALIKE_PORT: "0", ...overrides }, logs);
  const client = createClient(() => services.address, TEST_KEY);
  return {
    servers,
    client,
    address: services.address,
    services,
    async run(source, options = {}, name = JSON.stringify(source), seconds = PATIENCE_SECONDS) {
      const catalog = await client.openCatalog(name, source);
      return finished(client, (await client.startJob(catalog, JobOptions.parse(options))).id, seconds);
    },
    async stop() {
      await services.stop();
      await servers.stop();
    },
  };
};

/** How long a wait may take on a busy machine. It costs nothing where what is waited for happens soon. */
const PATIENCE_SECONDS = 240;

/** Waits until the job is over. @throws with the job's state when that takes longer than `seconds` */
export const finished = async (client: Client, id: string, seconds = PATIENCE_SECONDS): Promise<Job> => {
  for (const deadline = Date.now() + seconds * 1_000; ; await sleep(50)) {
    const job = await client.readJob(id);
    if (job.phase === "done") return job;
    if (Date.now() > deadline) throw new Error(`not over after ${seconds} s: ${JSON.stringify(job)}`);
  }
};

/** The job's groups in the form that tests compare: members, keeper and distances. */
export const groupsOf = async (client: Client, job: string): Promise<string[]> => {
  const groups: string[] = [];
  for await (const { kind, keeper, members } of client.groups(job)) {
    groups.push(
      `${kind}: ${members.map(({ ordinal, path, distance }) => `${ordinal === keeper ? "*" : ""}${path}/${distance}`).join(" ")}`,
    );
  }
  return groups;
};

/** A job's groups as they are stored, in the form and order that `groupImages` makes them. */
export const storedGroups = async (store: Store, job: string): Promise<unknown[]> => {
  const { rows } = await store.pool.query(
    `select kind, keeper, keeper_reason as "keeperReason", reclaimable_bytes::int as "reclaimableBytes",
       (select jsonb_agg(jsonb_build_object('ordinal', ordinal, 'distance', distance) order by ordinal)
        from group_member m where (m.lineage, m.number) = (g.lineage, g.number)) as members
     from image_group g join finalization f on f.lineage = g.lineage
     join job on (job.id, job.run) = (f.job_id, f.run)
     where job.id = $1 and from_step <= step and (to_step is null or to_step > step)
     order by (select array_agg(ordinal order by ordinal) from group_member m
       where (m.lineage, m.number) = (g.lineage, g.number))`,
    [job],
  );
  return rows;
};

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command of the project in a process of its own, its output collected. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Output so far. */
  readonly output: () => string;
}

export const startCommand = (command: readonly string[], environment: Record<string, string> = {}): Running => {
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, stdout, stderr }));
  return { child, ended, output: () => stdout + stderr };
};

export const npmStart = (args: readonly string[], environment: Record<string, string> = {}): Running =>
  startCommand([process.execPath, "scripts/start.mjs", ...args], environment);

/** Waits until `condition` holds. @throws when it does not within `seconds` */
export const until = async (condition: () => boolean | Promise<boolean>, seconds = PATIENCE_SECONDS): Promise<void> => {
  for (const deadline = Date.now() + seconds * 1_000; !(await condition()); await sleep(25)) {
    if (Date.now() > deadline) throw new Error(`not true after ${seconds} s: ${condition}`);
  }
};
