import { setTimeout as sleep } from "node:timers/promises";
import { nanos } from "nats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { BUS_JOB, NO_POISON, numberedTask, startBusWithStreams } from "../../../../test/support/bus.ts";
import { until } from "../../../../test/support/until.ts";
import { messageOf, PermanentError } from "../runtime/errors.ts";
import { createLogger } from "../runtime/log.ts";
import { consumeBatches } from "./batches.ts";
import type { Bus } from "./connect.ts";
import { publish } from "./publish.ts";
import { readMessage } from "./read.ts";
import { runTasks } from "./tasks.ts";
import { ensureTopology, HEARTBEAT_MS, STREAMS, subjects } from "./topology.ts";
import { readBody } from "./unreadable.ts";
import { work } from "./work.ts";

const log = createLogger("test", "silent");
const Numbered = z.object({ number: z.int() });
const lettersOf = async ({ jsm }: Bus): Promise<number> => (await jsm.streams.info(STREAMS.deadLetters)).state.messages;
let bus: Bus;
let stop: () => Promise<void>;

beforeAll(async () => {
  ({ bus, stop } = await startBusWithStreams());
});
afterAll(() => stop());

describe("working off tasks", () => {
  it("waits with a task while a server is away, which counts as no failure", async () => {
    await publish(bus, numberedTask(99));
    const deliveries: number[] = [];
    const subscription = await work(bus, {
      stream: STREAMS.tasks,
      durables: ["compare-interactive", "compare-bulk"],
      concurrency: 1,
      maxDeliver: 1,
      log,
      isUnavailable: (error) => error instanceof Error && error.message === "away",
      async handle({ deliveryCount }) {
        deliveries.push(deliveryCount);
        if (deliveries.length < 3) throw new Error("away");
      },
    });
    await until(() => deliveries.length === 3);
    await subscription.stop();
    expect(deliveries).toEqual([1, 1, 1]);
  });

  it("handles each once, at most as many at once as allowed, and gives up what can't succeed", async () => {
    for (let number = 0; number < 30; number += 1) await publish(bus, numberedTask(number));
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
        // Until as many are handled at once as are allowed, nobody finishes: a busy machine may deliver them slowly.
        await until(() => most >= 3);
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
    await until(() => handled.length >= 29 && givenUp.length > 0);
    await subscription.stop();
    expect([...handled].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 30 }, (_, at) => at).filter((at) => at !== 13),
    );
    expect([givenUp, most]).toEqual([[13], 3]);
    await until(async () => {
      const { num_ack_pending, num_pending } = await bus.jsm.consumers.info(STREAMS.tasks, "compare-bulk");
      return num_ack_pending + num_pending === 0;
    });
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
});

describe("micro-batches", () => {
  it("make one batch of what arrives meanwhile, and give all of a failed one again", async () => {
    const subject = subjects.event("pair-batch-done", BUS_JOB);
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
      read: ({ body }) => readBody(Numbered, body).number,
      async handle(numbers) {
        expect(numbers.length).toBeLessThanOrEqual(20);
        if (!failed) {
          failed = true;
          throw new Error("the database is away");
        }
        batches += 1;
        await sleep(10);
        seen.push(...numbers);
      },
    });
    await until(() => new Set(seen).size === 50);
    await subscription.stop();
    expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, at) => at));
    expect(batches).toBeLessThan(25);
  });

  it("park what nobody can read or store, with the reason, and give the rest in its order", async () => {
    const subject = subjects.event("images-listed", { ...BUS_JOB, job: "job-of-poison" });
    const durable = `coordinator-${subject.split(".")[2]}`;
    const before = await lettersOf(bus);
    const applied: number[] = [];
    let calls = 0;
    for (let number = 0; number < 64; number += 1)
      if (number === 13) await bus.js.publish(subject, "x");
      else await publish(bus, { eventId: `poison-${number}`, stream: STREAMS.events, subject, body: { number } });
    const subscription = await consumeBatches(bus, {
      stream: STREAMS.events,
      durable,
      maxMessages: 64,
      ...NO_POISON,
      log,
      read: ({ body }) => readBody(Numbered, body).number,
      async handle(numbers) {
        calls += 1;
        if (numbers.includes(27)) throw new Error("27 is out of range");
        applied.push(...numbers);
      },
      faultOf: messageOf,
    });
    await until(async () => (await lettersOf(bus)) === before + 2 && applied.includes(63));
    await subscription.stop();
    expect(applied).toEqual(Array.from({ length: 64 }, (_, at) => at).filter((at) => at !== 13 && at !== 27));
    // Each message alone would be 63 calls.
    expect(calls).toBeLessThan(30);
    const letters = await Promise.all([1, 2].map((more) => readMessage(bus, STREAMS.deadLetters, before + more)));
    expect(letters.map((letter) => letter?.body)).toMatchObject([
      { parked: { stream: STREAMS.events, subject }, reason: "it is not JSON" },
      { parked: { stream: STREAMS.events, subject }, reason: "27 is out of range" },
    ]);
  });

  it("are delivered once while their transaction takes longer than the wait for an acknowledgement", async () => {
    const subject = subjects.event("hash-done", { ...BUS_JOB, job: "job-of-a-long-batch" });
    const durable = `coordinator-${subject.split(".")[2]}`;
    const ackWaitMs = HEARTBEAT_MS + 1_000;
    await bus.jsm.consumers.update(STREAMS.events, durable, { ack_wait: nanos(ackWaitMs) });
    const seen: unknown[] = [];
    const subscription = consumeBatches(bus, {
      stream: STREAMS.events,
      durable,
      maxMessages: 20,
      ...NO_POISON,
      log,
      read: ({ body, deliveryCount }) => ({ body, deliveryCount }),
      async handle(items) {
        seen.push(...items);
        if (seen.length === 1) await sleep(ackWaitMs + 1_000);
      },
    });
    await publish(bus, { eventId: "long-1", stream: STREAMS.events, subject, body: { number: 1 } });
    await until(() => seen.length === 1);
    // It waits for the batch before it.
    await publish(bus, { eventId: "long-2", stream: STREAMS.events, subject, body: { number: 2 } });
    await until(() => seen.length >= 2);
    await subscription.stop();
    expect(seen).toEqual([1, 2].map((number) => ({ body: { number }, deliveryCount: 1 })));
  });

  it("arrive again when the stream was deleted and created again, with its consumers", async () => {
    const subject = subjects.event("hash-done", { ...BUS_JOB, job: "job-of-a-lost-stream" });
    const seen: unknown[] = [];
    const subscription = consumeBatches(bus, {
      stream: STREAMS.events,
      durable: `coordinator-${subject.split(".")[2]}`,
      maxMessages: 20,
      ...NO_POISON,
      log,
      read: ({ body }) => body,
      handle: async (bodies) => void seen.push(...bodies),
    });
    const send = (number: number) =>
      publish(bus, { eventId: `again-${number}`, stream: STREAMS.events, subject, body: { number } });
    await send(1);
    await until(() => seen.length === 1);
    await bus.jsm.streams.delete(STREAMS.events);
    await ensureTopology(bus, 1);
    await send(2);
    await until(() => seen.length === 2);
    await subscription.stop();
    expect(seen).toEqual([{ number: 1 }, { number: 2 }]);
  });

  it("that fail by our own code end the process: their messages are neither parked nor acknowledged", async () => {
    const subject = subjects.event("hash-done", { ...BUS_JOB, job: "job-of-a-bug" });
    const durable = `coordinator-${subject.split(".")[2]}`;
    const crashes: unknown[] = [];
    const parked = await lettersOf(bus);
    const subscription = await consumeBatches(bus, {
      stream: STREAMS.events,
      durable,
      maxMessages: 20,
      log,
      read: () => null,
      handle: async () => {
        throw new TypeError("undefined is not a function");
      },
      faultOf: String,
      crash: (error) => void crashes.push(error),
    });
    await publish(bus, { eventId: "bug", stream: STREAMS.events, subject, body: {} });
    await until(() => crashes.length > 0);
    await subscription.stop();
    expect(crashes[0]).toBeInstanceOf(TypeError);
    expect(await lettersOf(bus)).toBe(parked);
    expect((await bus.jsm.consumers.info(STREAMS.events, durable)).num_ack_pending).toBeGreaterThan(0);
  });
});
