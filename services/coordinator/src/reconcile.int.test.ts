import { startPostgres } from "@lookalike/local/postgres";
import type { Server } from "@lookalike/local/server-process";
import type { EndpointError } from "@lookalike/shared/bus/endpoints";
import { taskMessage } from "@lookalike/shared/bus/messages";
import { publish, publishOnce } from "@lookalike/shared/bus/publish";
import { hasMessage } from "@lookalike/shared/bus/read";
import {
  type CreateMissing,
  coordinatorDurable,
  ensureTopology,
  STREAMS,
  subjects,
} from "@lookalike/shared/bus/topology";
import { work } from "@lookalike/shared/bus/work";
import { partDigest } from "@lookalike/shared/domain/job/digest";
import { creditOf } from "@lookalike/shared/domain/job/dispatch/fair-window";
import { decodeEvent, type JobEvent } from "@lookalike/shared/domain/job/events";
import { JobState } from "@lookalike/shared/domain/job/job";
import {
  BLOCK,
  jobAccepted,
  jobEventOf,
  jobFinalized,
  listingDone,
  pairBatchDone,
} from "@lookalike/shared/domain/job/job.fixtures";
import { perKind } from "@lookalike/shared/domain/job/task";
import { createLogger } from "@lookalike/shared/runtime/log";
import { createAtStart, createSettled } from "@lookalike/shared/service/create-streams";
import { findJob, hasActiveJob, jobOf, markPublished } from "@lookalike/shared/store/jobs/jobs";
import { type OutboxMessage, relayOutbox } from "@lookalike/shared/store/jobs/outbox";
import { applyMigrations } from "@lookalike/shared/store/migrate";
import { openStore, type Store } from "@lookalike/shared/store/open";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startBusWithStreams, type TestBus } from "../../../test/support/bus.ts";
import { temporaryFolder } from "../../../test/support/folders.ts";
import { openPreparedData } from "../../../test/support/prepared-data.ts";
import { until } from "../../../test/support/until.ts";
import { applyEvents } from "./apply-events.ts";
import { createDispatcher } from "./dispatch.ts";
import { Environment } from "./environment.ts";
import { jobEndpoints } from "./operate/jobs.ts";
import { redriveEndpoints } from "./operate/redrive.ts";
import { reconcileRound, recoverRepublished } from "./reconcile.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let postgres: Server;
let store: Store;
let nats: TestBus;
const log = createLogger("test", "silent");

beforeAll(async () => {
  folder = await temporaryFolder();
  [postgres, nats] = await Promise.all([startPostgres(await openPreparedData(folder.path)), startBusWithStreams()]);
  await applyMigrations(postgres.url);
  store = await openStore(postgres.url, "test", 4);
});
beforeEach(() => store.pool.query("truncate job, outbox, task_attempt"));
afterAll(async () => {
  await store.close();
  await nats.stop();
  await postgres.stop();
  await folder.remove();
});

const apply = (...events: readonly JobEvent[]) => applyEvents(store.db, events);
const about = (job: string) => ({ job, at: new Date().toISOString() });

/** Publishes the outbox, as the relay does. @returns the ids of what was published */
const relay = async (send = ({ number: _, ...message }: OutboxMessage): Promise<unknown> => publishAny(message)) => {
  const ids: string[] = [];
  await relayOutbox(store.db, 1_000, async (message) => {
    await send(message);
    ids.push(message.eventId);
  });
  return ids;
};
const publishAny = (message: Parameters<typeof publish>[1]): Promise<unknown> =>
  message.stream === STREAMS.finalize ? publishOnce(nats.bus, message) : publish(nats.bus, message);

/** What a coordinator finds for whom all has been silent for long enough. */
const round = async (): Promise<void> => {
  await store.pool.query("update job set updated_at = now() - interval '2 hours'");
  await store.pool.query("update outbox set published_at = now() - interval '2 hours' where published_at is not null");
  await roundNow();
};
const roundNow = async (): Promise<void> => {
  const environment = Environment.parse({ DATABASE_URL: postgres.url, NATS_URL: nats.server.url });
  await reconcileRound({ bus: nats.bus, store, log, environment, dispatch: () => undefined, credit });
};

const credit = () => perKind(() => creditOf(0));

const loseStream = async (name: string): Promise<void> => {
  await nats.bus.jsm.streams.delete(name);
  await ensureTopology(nats.bus, 1);
};

/** Acknowledges all that a consumer has. */
const drain = async (stream: string, durable: string): Promise<void> => {
  const worker = await work(nats.bus, {
    stream,
    durables: [durable],
    concurrency: 1,
    maxDeliver: -1,
    log,
    handle: async () => undefined,
  });
  await until(async () => {
    const { num_pending, num_ack_pending } = await nats.bus.jsm.consumers.info(stream, durable);
    return num_pending + num_ack_pending === 0;
  });
  await worker.stop();
};

const catalogOf = (job: string) =>
  ({ id: `catalog-of-${job}`, name: job, source: { kind: "hashes", file: "/f" } }) as const;

/** A job without images, which has nothing left but to be grouped. */
const finalizingJob = async (job: string): Promise<void> => {
  await apply({ ...jobAccepted({}, catalogOf(job)), ...about(job) }, { ...listingDone(0), ...about(job) });
  expect(await findJob(store.db, job)).toMatchObject({ state: "finalizing", run: 1 });
};

describe("a stream that is missing", () => {
  const isThere = (): Promise<boolean> =>
    nats.bus.jsm.streams.info(STREAMS.advisories).then(
      () => true,
      () => false,
    );
  const create = (createMissing: CreateMissing) => ensureTopology(nats.bus, 1, "services", createMissing);

  it("is created by one coordinator, when what was deleted had time to vanish", async () => {
    await nats.bus.jsm.streams.delete(STREAMS.advisories);
    const created = create(createSettled(store, 500));
    await until(async () => (await advisoryLocks()) === 1);
    await create(createSettled(store, 0));
    expect(await isThere()).toBe(false);
    await created;
    expect(await isThere()).toBe(true);
  });

  it("is created at once at the start of an installation that has had no job", async () => {
    await nats.bus.jsm.streams.delete(STREAMS.advisories);
    await create(createAtStart(store));
    expect(await isThere()).toBe(true);

    await apply({ ...jobAccepted(), ...about("job-1") });
    await nats.bus.jsm.streams.delete(STREAMS.advisories);
    const created = create(createAtStart(store));
    await until(async () => (await advisoryLocks()) === 1);
    expect(await isThere()).toBe(false);
    await created;
    expect(await isThere()).toBe(true);
  });

  const advisoryLocks = async (): Promise<number> =>
    (await store.pool.query("select from pg_locks where locktype = 'advisory'")).rowCount ?? 0;
});

describe("a clock that was set back by an hour", () => {
  it("does not stop the search for what is lost for that hour", async () => {
    await finalizingJob("clock");
    await store.pool.query("update job set updated_at = now() + interval '1 hour'");
    await store.pool.query("update outbox set published_at = now() + interval '1 hour', stream = 'LOOKALIKE_EVENTS'");
    await roundNow();
    const { rows } = await store.pool.query(
      "select (select max(updated_at) from job) <= now() as job, max(published_at) <= now() as outbox from outbox",
    );
    expect(rows).toEqual([{ job: true, outbox: true }]);
  });
});

describe("a job whose order to group", () => {
  it("was lost with its stream gets it again, and no second one while it waits", async () => {
    await finalizingJob("order-lost");
    await relay();
    await loseStream(STREAMS.finalize);
    const subject = "lookalike.finalize.*.acme.order-lost.1";
    expect(await hasMessage(nats.bus, STREAMS.finalize, subject)).toBe(false);
    await round();
    expect(await hasMessage(nats.bus, STREAMS.finalize, subject)).toBe(true);
    await round();
    expect(await relay()).toEqual([]);
    expect(await findJob(store.db, "order-lost")).toMatchObject({ state: "finalizing", run: 1 });
  });

  it("was handled and has no result begins its next run, once", async () => {
    await finalizingJob("no-result");
    await relay();
    await drain(STREAMS.finalize, "finalizer");
    await round();
    await round();
    const sent: JobEvent[] = [];
    await relay(async ({ body }) => {
      const event = decodeEvent(body);
      if (event !== null) sent.push(event);
    });
    expect(sent).toMatchObject([{ type: "job-redriven", run: 2, body: { tasks: [] } }]);
    await apply(...sent);
    expect(await findJob(store.db, "no-result")).toMatchObject({ state: "finalizing", run: 2 });
    expect(await relay()).toEqual(["no-result:finalize:2"]);
  });

  it("finds another message in its place begins its next run", async () => {
    await finalizingJob("forged");
    const forged = { eventId: "forged", stream: STREAMS.finalize, body: {} };
    await relay(async (message) => {
      await publishAny({ ...message, ...forged });
      await publishAny(message);
    });
    await drain(STREAMS.finalize, "finalizer");
    await round();
    expect(await relay()).toEqual(["forged:job-redriven:finalize:2"]);
  });
});

describe("an event of the outbox", () => {
  it("is published again when it was lost, but not while it waits, nor when it is applied", async () => {
    await apply({ ...jobAccepted({}, catalogOf("events")), ...about("events") });
    await relay();
    const event = { ...jobEventOf("job-cancelled", {}), ...about("events"), eventId: "events:job-cancelled:1" };
    const subject = subjects.event("job-cancelled", { tenant: "acme", job: "events" });
    await store.pool.query("insert into outbox (event_id, stream, subject, body) values ($1, $2, $3, $4)", [
      event.eventId,
      STREAMS.events,
      subject,
      event,
    ]);
    const inStream = async (): Promise<number> => {
      const { state } = await nats.bus.jsm.streams.info(STREAMS.events, { subjects_filter: subject });
      return state.subjects?.[subject] ?? 0;
    };
    expect(await relay()).toEqual([event.eventId]);
    await round();
    expect(await inStream()).toBe(1);
    await loseStream(STREAMS.events);
    await round();
    expect(await inStream()).toBe(1);
    // It is handled, and the database has lost the commit that applied it: one of many coordinators publishes it, although the stream has its id.
    await drain(STREAMS.events, coordinatorDurable("events"));
    await store.pool.query("update outbox set published_at = now() - interval '2 hours'");
    await Promise.all([roundNow(), roundNow(), roundNow()]);
    expect(await inStream()).toBe(2);
    await apply(event);
    await loseStream(STREAMS.events);
    await round();
    expect(await inStream()).toBe(0);
    expect(await findJob(store.db, "events")).toMatchObject({ state: "cancelled" });
  });

  it("about a result counts where the result is stored, and not in a database that has lost it", async () => {
    const finalized = { ...jobFinalized(1), ...about("result-lost"), eventId: "result-lost:job-finalized:1" };
    await finalizingJob("result-lost");
    const applyLive = () => applyEvents(store.db, [finalized], credit());
    await applyLive();
    expect(await findJob(store.db, "result-lost")).toMatchObject({ state: "finalizing" });
    await store.pool.query("insert into outbox (event_id, stream, subject, body) values ($1, $2, 'any', $3)", [
      finalized.eventId,
      STREAMS.events,
      finalized,
    ]);
    await applyLive();
    expect(await findJob(store.db, "result-lost")).toMatchObject({ state: "completed" });
  });
});

describe("a task", () => {
  it("that is dispatched and not published yet is not lost", async () => {
    await apply({ ...jobAccepted({}, catalogOf("slow")), ...about("slow") }, { ...listingDone(2), ...about("slow") });
    await relay();
    await drain(STREAMS.tasks, "scan");
    await round();
    expect(await relay()).toEqual([]);
    await markPublished(store.db, "slow", "hash", 2);
    await round();
    expect(await relay()).toEqual(["slow:hash:0:a1", "slow:hash:1:a1"]);
  });

  it("that was lost is sent again by one of many coordinators, which counts as no failure; one that waits is not", async () => {
    await apply({ ...jobAccepted({}, catalogOf("scan")), ...about("scan") });
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      await relay();
      await round();
      expect(await relay()).toEqual([]);
      await loseStream(STREAMS.tasks);
      await Promise.all([round(), round(), round()]);
      expect(await findJob(store.db, "scan")).toMatchObject({ state: "listing" });
      expect(await relay()).toEqual([`scan:scan:0:a${attempt}`]);
    }
  });
});

describe("a database that lacks its last commits, as a standby may that takes the place of a lost one", () => {
  it("has its tasks that were handled sent again at once, and not those that wait", async () => {
    const all = { hashedBlocks: Uint8Array.of(0b1111), hashedImages: 4 * BLOCK };
    const options = { batchSize: 2, pairsPerTask: 1 };
    await apply(
      { ...jobAccepted(options, catalogOf("behind")), ...about("behind") },
      { ...listingDone(4, all), ...about("behind") },
    );
    await relay();
    const dispatchNow = async () => {
      const environment = Environment.parse({ DATABASE_URL: postgres.url, NATS_URL: nats.server.url });
      const reconciler = { bus: nats.bus, store, log, environment };
      const failed: unknown[] = [];
      const { dispatch, stop } = createDispatcher(
        nats.bus,
        store.db,
        (job) => recoverRepublished(reconciler, job),
        (error) => failed.push(error),
      );
      dispatch("behind");
      await stop();
      expect(failed).toEqual([]);
      return relay();
    };
    const loseCommits = () => store.pool.query("update job set compare_published = 0 where id = 'behind'");
    expect(await dispatchNow()).toEqual([]);
    await loseCommits();
    expect(await dispatchNow()).toEqual([]);
    await drain(STREAMS.tasks, "compare-interactive");
    await loseCommits();
    expect(await dispatchNow()).toEqual(["behind:compare:0:a1", "behind:compare:1:a1"]);
  });
});

describe("one of many tasks", () => {
  it("that was lost is sent again although others go on, and those that wait are not", async () => {
    const all = { hashedBlocks: Uint8Array.of(0b1111), hashedImages: 4 * BLOCK };
    const options = { batchSize: 2, pairsPerTask: 1 };
    const done = (task: number) => ({
      ...pairBatchDone(task, { digest: partDigest(new Uint8Array(0)) }),
      ...about("busy"),
    });
    await apply(
      { ...jobAccepted(options, catalogOf("busy")), ...about("busy") },
      { ...listingDone(4, all), ...about("busy") },
    );
    // The first task is lost, so that of the window one task is left.
    for (const task of [1, 2, 3]) await apply(done(task));
    const row = await findJob(store.db, "busy");
    if (row === null) throw new Error("no job");
    await markPublished(store.db, "busy", "hash", row.hashCursor);
    await markPublished(store.db, "busy", "compare", row.compareCursor);
    await relay();
    await publish(nats.bus, taskMessage(jobOf(row), "compare", 4, 0));
    const liveRound = () =>
      reconcileRound({
        bus: nats.bus,
        store,
        log,
        environment: Environment.parse({ DATABASE_URL: postgres.url, NATS_URL: nats.server.url }),
        credit,
        dispatch: () => undefined,
      });
    await liveRound();
    expect([row.compareCursor, await relay()]).toEqual([5, ["busy:compare:0:a1"]]);
    await liveRound();
    expect(await relay()).toEqual([]);
  });
});

describe("a job in any state", () => {
  const events: Record<JobState | "failed in grouping", readonly JobEvent[]> = {
    accepted: [],
    listing: [],
    running: [listingDone(2)],
    finalizing: [listingDone(0)],
    completed: [listingDone(0), jobFinalized(1)],
    failed: [jobEventOf("listing-failed", { detail: "no such folder", missingImages: null })],
    "failed in grouping": [listingDone(0), jobEventOf("grouping-failed", { detail: "missing data: block 1" })],
    cancelled: [jobEventOf("job-cancelled", {})],
  };
  const COMMANDS = ["pause", "resume", "cancel", "redrive", "rerun-finalize"];

  it.each([...JobState.options, "failed in grouping"] as const)(
    "%s: each request of an operator is done, or names one that is",
    async (situation) => {
      const job = `in-${situation.replaceAll(" ", "-")}`;
      const state = situation === "failed in grouping" ? "failed" : situation;
      await apply({ ...jobAccepted({}, catalogOf(job)), ...about(job) });
      await apply(...events[situation].map((event) => ({ ...event, ...about(job) })));
      if (state === "accepted") await store.pool.query("update job set state = 'accepted'");
      expect(await findJob(store.db, job)).toMatchObject({ state });

      const endpoints = [...jobEndpoints(store.db), ...redriveEndpoints(nats.bus, store.db)];
      const refusals = new Map<string, string>();
      const done = new Set<string>();
      for (const command of COMMANDS) {
        const { handle } = endpoints.find(({ name }) => name === command) ?? {};
        await handle?.({ job }).then(
          () => done.add(command),
          (error: unknown) => refusals.set(command, (error as EndpointError).message),
        );
      }
      if (!(await hasActiveJob(store.db, `catalog-of-${job}`))) done.add("Start another job");
      expect(done.size).toBeGreaterThan(0);
      for (const [command, text] of refusals) {
        const advised = [...COMMANDS, "Start another job"].filter(
          (name) => name !== command && new RegExp(`\\b${name}\\b`).test(text),
        );
        expect([command, text, advised.length]).not.toEqual([command, text, 0]);
        expect([command, advised.filter((name) => !done.has(name))]).toEqual([command, []]);
      }
    },
  );
});
