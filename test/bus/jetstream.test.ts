import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { openDataFolder } from "@lookalike/local/data-folder";
import { startNats } from "@lookalike/local/nats-server";
import type { Server } from "@lookalike/local/server-process";
import { type Bus, compareVersions, connectBus, NATS_FLOOR } from "@lookalike/shared/bus/connect";
import { consumeBatches, PermanentError, work } from "@lookalike/shared/bus/consume";
import { publishProgress, subscribeProgress } from "@lookalike/shared/bus/progress";
import { publish, publishOnce } from "@lookalike/shared/bus/publish";
import { runTasks } from "@lookalike/shared/bus/tasks";
import { consumerPlans, ensureTopology, STREAMS, streamPlans, subjects } from "@lookalike/shared/bus/topology";
import type { Message } from "@lookalike/shared/domain/job/message";
import { createLogger } from "@lookalike/shared/runtime/log";
import { isDataError } from "@lookalike/shared/store/data-error";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder, until } from "../support/system.ts";

const log = createLogger("test", "silent");
const job = { tenant: "acme", job: "job-1" };
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: Server;
let bus: Bus;

beforeAll(async () => {
  folder = await temporaryFolder();
  server = await startNats(await openDataFolder(folder.path), () => undefined);
  bus = await connectBus(server.url, "test", () => undefined);
  await ensureTopology(bus, 1);
});
afterAll(async () => {
  await bus.connection.close();
  await server.stop();
  await folder.remove();
});

const task = (number: number): Message => ({
  eventId: `job-1:compare:${number}:a0`,
  stream: STREAMS.tasks,
  subject: subjects.task("compare", "bulk", job),
  body: { number },
});

const NO_POISON = {
  park: async () => undefined,
  isPoison: () => false,
  crash: (error: unknown): never => {
    throw error;
  },
};

describe("the topology", () => {
  it("stands as planned, and is left alone the second time", async () => {
    const before = await bus.jsm.streams.info(STREAMS.tasks);
    await ensureTopology(bus, 1);
    expect((await bus.jsm.streams.info(STREAMS.tasks)).created).toBe(before.created);
    for (const { name } of streamPlans(1)) {
      const consumers = await bus.jsm.consumers.list(name).next();
      expect(consumers.map((info) => info.name).sort()).toEqual(
        (consumerPlans[name] ?? []).map((plan) => plan.durable_name).sort(),
      );
    }
  });

  it("gets back what the services rely on, and a lost stream with its consumers; limits are the operator's", async () => {
    await bus.jsm.streams.update(STREAMS.deadLetters, { max_bytes: 1_000_000, duplicate_window: 1_000_000_000 });
    await bus.jsm.consumers.update(STREAMS.tasks, "scan", { max_ack_pending: 7, backoff: [1_000_000_000] });
    await bus.jsm.streams.delete(STREAMS.advisories);
    await ensureTopology(bus, 1);
    expect((await bus.jsm.streams.info(STREAMS.deadLetters)).config).toMatchObject({
      max_bytes: 1_000_000,
      duplicate_window: 600_000_000_000,
    });
    const { config } = await bus.jsm.consumers.info(STREAMS.tasks, "scan");
    expect([config.max_ack_pending, config.ack_wait, config.backoff]).toEqual([256, 30_000_000_000, undefined]);
    expect((await bus.jsm.consumers.info(STREAMS.advisories, "advisory-router")).name).toBe("advisory-router");
  });

  it.each([
    ["a gigabyte", 1024 ** 3],
    ["ten gigabytes", 10 * 1024 ** 3],
  ])("fits into a server that has %s to give", async (_room, maxStorage) => {
    const { path, remove } = await temporaryFolder();
    const small = await startNats(await openDataFolder(path), () => undefined, { maxStorage });
    const there = await connectBus(small.url, "test", () => undefined);
    await ensureTopology(there, 1);
    for (const { name } of streamPlans(1))
      expect((await there.jsm.streams.info(name)).config.max_bytes).toBeGreaterThanOrEqual(32 * 1024 ** 2);
    await there.connection.close();
    await small.stop();
    await remove();
  });

  it("says what to do where there is no room at all", async () => {
    const { path, remove } = await temporaryFolder();
    const small = await startNats(await openDataFolder(path), () => undefined, { maxStorage: 100 * 1024 ** 2 });
    const there = await connectBus(small.url, "test", () => undefined);
    await expect(ensureTopology(there, 1)).rejects.toThrow(/no room for LOOKALIKE_\w+: .*max_file_store/);
    await there.connection.close();
    await small.stop();
    await remove();
  });

  it("is only checked where others make it", async () => {
    await bus.jsm.consumers.update(STREAMS.tasks, "scan", { max_ack_pending: 7, backoff: [1_000_000_000] });
    await ensureTopology(bus, 1, "others");
    expect((await bus.jsm.consumers.info(STREAMS.tasks, "scan")).config.max_ack_pending).toBe(7);
    await bus.jsm.consumers.delete(STREAMS.tasks, "scan");
    await expect(ensureTopology(bus, 1, "others")).rejects.toThrow(/LOOKALIKE_TASKS\/scan is missing/);
    await ensureTopology(bus, 1);
  });

  it("refuses a stream of the same name that is another one", async () => {
    await bus.jsm.streams.delete(STREAMS.deadLetters);
    await bus.jsm.streams.add({ name: STREAMS.deadLetters, subjects: ["somebody.else.>"] });
    await expect(ensureTopology(bus, 1)).rejects.toThrow(
      /LOOKALIKE_DEAD_LETTERS: its subjects is \["somebody.else.>"\]/,
    );
    await bus.jsm.streams.delete(STREAMS.deadLetters);
    await ensureTopology(bus, 1);
  });
});

describe("publishing", () => {
  it("stores a message once, however often it is sent", async () => {
    for (let time = 0; time < 3; time += 1)
      await publish(bus, { ...task(1_000), subject: subjects.task("hash", "bulk", job) });
    const { state } = await bus.jsm.streams.info(STREAMS.tasks, {
      subjects_filter: subjects.task("hash", "bulk", job),
    });
    expect(Object.values(state.subjects ?? {})).toEqual([1]);
  });

  it("writes a write-once subject once: its own message again is success, another one is refused", async () => {
    const finalize = (eventId: string): Message => ({
      eventId,
      stream: STREAMS.finalize,
      subject: subjects.finalize(1, job),
      body: { eventId },
    });
    const racers = await Promise.all(
      Array.from({ length: 20 }, (_, racer) => publishOnce(bus, finalize(`racer-${racer}`))),
    );
    expect(racers.filter(Boolean)).toEqual([true]);
    const winner = racers.indexOf(true);
    // A server that has forgotten the ids still knows the message.
    await bus.connection.flush();
    expect(await publishOnce(bus, finalize(`racer-${winner}`))).toBe(true);
    const { state } = await bus.jsm.streams.info(STREAMS.finalize, { subjects_filter: ">" });
    expect(state.subjects).toEqual({ [subjects.finalize(1, job)]: 1 });
  });

  it("does not try again what can only be refused", async () => {
    const huge = { ...task(1), body: { text: "x".repeat(2_000_000) } };
    await expect(publish(bus, huge)).rejects.toMatchObject({ code: "MAX_PAYLOAD_EXCEEDED" });
  });
});

describe("working off tasks", () => {
  it("handles each once, at most as many at once as allowed, and gives up what can't succeed", async () => {
    for (let number = 0; number < 30; number += 1) await publish(bus, task(number));
    const handled: number[] = [];
    const givenUp: number[] = [];
    let atOnce = 0;
    let most = 0;
    const failures = new Map<number, number>();
    const subscription = await work(bus, {
      stream: STREAMS.tasks,
      durables: ["compare-interactive", "compare-bulk"],
      concurrency: 3,
      maxDeliver: 5,
      log,
      async handle({ body }) {
        const { number } = body as { number: number };
        atOnce += 1;
        most = Math.max(most, atOnce);
        await sleep(5);
        atOnce -= 1;
        if (number === 13) throw new PermanentError("never");
        if (number === 7 && (failures.get(7) ?? 0) === 0) {
          failures.set(7, 1);
          throw new Error("not yet");
        }
        handled.push(number);
      },
      giveUp: async ({ body }) => void givenUp.push((body as { number: number }).number),
    });
    await until(() => handled.length >= 29);
    await subscription.stop();
    expect([...handled].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 30 }, (_, at) => at).filter((at) => at !== 13),
    );
    expect([givenUp, most]).toEqual([[13], 3]);
    const info = await bus.jsm.consumers.info(STREAMS.tasks, "compare-bulk");
    expect([info.num_ack_pending, info.num_pending]).toEqual([0, 0]);
  });

  it("gives a task that says more than it knows back, for a worker that knows it", async () => {
    const known = {
      ...{ v: 1, tenant: "acme", job: "job-2", run: 1, attempt: 0, kind: "hash", catalog: "c", task: 0 },
      ...{ blockSize: 256, hashBits: 256, radiusBits: 24, plan: null },
    };
    const handledByOlder: number[] = [];
    const older = await runTasks(bus, {
      kind: "hash",
      concurrency: 2,
      log,
      handle: async ({ task }) => void handledByOlder.push(task),
    });
    const send = (number: number, more: object) =>
      publish(bus, {
        eventId: `job-2:hash:${number}:a0`,
        stream: STREAMS.tasks,
        subject: subjects.task("hash", "bulk", { tenant: "acme", job: "job-2" }),
        body: { ...known, task: number, ...more },
      });
    await send(1, { half: "upper" });
    await send(2, {});
    await until(() => handledByOlder.length > 0);
    await older.stop();
    const handledByNewer: number[] = [];
    const newer = await work(bus, {
      stream: STREAMS.tasks,
      durables: ["hash-interactive", "hash-bulk"],
      concurrency: 1,
      maxDeliver: 5,
      log,
      handle: async ({ body }) => {
        const { task } = body as { task?: number };
        // Other tests' messages are no tasks.
        if (task !== undefined) handledByNewer.push(task);
      },
      giveUp: async () => undefined,
    });
    await until(() => handledByNewer.length > 0);
    await newer.stop();
    expect([handledByOlder, handledByNewer]).toEqual([[2], [1]]);
  });

  it("goes on after nats-server was killed -9 and started again", async () => {
    const own = await temporaryFolder();
    const data = await openDataFolder(own.path);
    const first = await startNats(data, () => undefined);
    const port = Number(new URL(first.url).port);
    const other = await connectBus(first.url, "test", () => undefined);
    await ensureTopology(other, 1);
    const handled = new Set<number>();
    const projected = new Set<number>();
    const handleEvent = (numbers: Set<number>) => (body: unknown) => numbers.add((body as { number: number }).number);
    const tasks = await work(other, {
      stream: STREAMS.tasks,
      durables: ["compare-bulk"],
      concurrency: 2,
      maxDeliver: 5,
      log,
      handle: async ({ body }) => void handleEvent(handled)(body),
      giveUp: async () => undefined,
    });
    const subject = subjects.event("hash-done", job);
    const events = await consumeBatches(other, {
      stream: STREAMS.events,
      durable: `coordinator-${subject.split(".")[2]}`,
      maxMessages: 10,
      ...NO_POISON,
      log,
      async handle(deliveries) {
        for (const { body } of deliveries) handleEvent(projected)(body);
      },
    });
    const event = (number: number): Message => ({
      eventId: `event-${number}`,
      stream: STREAMS.events,
      subject,
      body: { number },
    });
    await Promise.all([publish(other, task(1)), publish(other, event(1))]);
    await until(() => handled.has(1) && projected.has(1));

    execFileSync("pkill", ["-9", "-f", `nats-server -c ${own.path}`]);
    const second = await startNats(data, () => undefined, { port });
    await Promise.all([publish(other, task(2)), publish(other, event(2))]);
    await until(() => handled.has(2) && projected.has(2), 60);
    await Promise.all([tasks.stop(), events.stop()]);
    await other.connection.close();
    await first.stop();
    await second.stop();
    await own.remove();
  });
});

describe("micro-batches", () => {
  it("make one batch of what arrives meanwhile, and give all of a failed one again", async () => {
    const subject = subjects.event("pair-batch-done", job);
    for (let number = 0; number < 50; number += 1)
      await publish(bus, { eventId: `batch-${number}`, stream: STREAMS.events, subject, body: { number } });
    const seen: number[] = [];
    let batches = 0;
    let failed = false;
    const subscription = await consumeBatches(bus, {
      stream: STREAMS.events,
      durable: `coordinator-${subject.split(".")[2]}`,
      maxMessages: 20,
      ...NO_POISON,
      log,
      async handle(deliveries) {
        expect(deliveries.length).toBeLessThanOrEqual(20);
        if (!failed) {
          failed = true;
          throw new Error("the database is away");
        }
        batches += 1;
        await sleep(10);
        seen.push(...deliveries.map(({ body }) => (body as { number: number }).number));
      },
    });
    await until(() => new Set(seen).size === 50);
    await subscription.stop();
    expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, at) => at));
    expect(batches).toBeLessThan(25);
  });

  it("that fail by our own code end the process: their messages are neither parked nor acknowledged", async () => {
    const subject = subjects.event("hash-done", { ...job, job: "job-of-a-bug" });
    const durable = `coordinator-${subject.split(".")[2]}`;
    const crashes: unknown[] = [];
    const parked: number[] = [];
    const subscription = await consumeBatches(bus, {
      stream: STREAMS.events,
      durable,
      maxMessages: 20,
      log,
      handle: async () => {
        throw new TypeError("undefined is not a function");
      },
      park: async ({ sequence }) => void parked.push(sequence),
      isPoison: isDataError,
      crash: (error) => void crashes.push(error),
    });
    await publish(bus, { eventId: "bug", stream: STREAMS.events, subject, body: {} });
    await until(() => crashes.length > 0);
    await subscription.stop();
    expect(crashes[0]).toBeInstanceOf(TypeError);
    expect(parked).toEqual([]);
    expect((await bus.jsm.consumers.info(STREAMS.events, durable)).num_ack_pending).toBeGreaterThan(0);
  });
});

describe("progress", () => {
  it("is reported for every message that can be read, and no other one ends the process", async () => {
    const reported: number[] = [];
    subscribeProgress(bus, ({ images }) => reported.push(images), log);
    await bus.connection.flush();
    for (const payload of ["", "{", "null", '{"job":1}'])
      bus.connection.publish("lookalike.progress.0.acme.job-1", payload);
    publishProgress(bus, "acme", { job: "job-1", block: 0, images: 7 });
    await until(() => reported.length > 0);
    expect(reported).toEqual([7]);
  });
});

describe("connecting", () => {
  it("tells an older server from one that is new enough", () => {
    expect(
      ["2.9.9", "2.9.10", "2.10.0", "2.12.0-beta.1", "1.99.99"].map(
        (version) => compareVersions(version, NATS_FLOOR) >= 0,
      ),
    ).toEqual([false, true, true, true, false]);
  });

  it("says what is missing: no server, no JetStream", async () => {
    await expect(connectBus("nats://127.0.0.1:1", "test", () => undefined)).rejects.toThrow(
      /no NATS server answers there.*nats-server -js/,
    );
    const url = server.url.replace(/\/\/[^@]*@/, "//wrong@");
    await expect(connectBus(url, "test", () => undefined)).rejects.toThrow(/NATS_URL=nats:\/\/\*\*\*@/);
  });
});
