import type { JsMsg } from "nats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startBus, startBusWithStreams } from "../../../../test/support/bus.ts";
import type { Bus } from "./connect.ts";
import { hasUnhandled } from "./read.ts";
import { consumerPlans, ensureTopology, STREAMS, streamPlans } from "./topology.ts";

let bus: Bus;
let stop: () => Promise<void>;

beforeAll(async () => {
  ({ bus, stop } = await startBusWithStreams());
});
afterAll(() => stop());

describe("what a consumer has not handled", () => {
  it("is known also where acknowledgements arrive for a stream of the same name that was lost", async () => {
    const subject = "lookalike.task.hash.interactive.00.acme.job-1";
    const other = subject.replace("hash", "compare");
    const publish = async (to: string, count: number) => {
      for (let number = 0; number < count; number += 1) await bus.js.publish(to, "{}");
    };
    const take = async (count: number) => {
      const consumer = await bus.js.consumers.get(STREAMS.tasks, "hash-interactive");
      const taken: JsMsg[] = [];
      for await (const message of await consumer.fetch({ max_messages: count, expires: 5_000 })) taken.push(message);
      return taken;
    };
    const isUnhandled = () => hasUnhandled(bus, STREAMS.tasks, "hash-interactive", subject);
    await publish(other, 50);
    await publish(subject, 5);
    const held = await take(5);
    await bus.jsm.streams.delete(STREAMS.tasks);
    await ensureTopology(bus, 1);
    await publish(subject, 4);
    const taken = await take(2);
    for (const message of held) message.ack();
    await bus.connection.flush();
    expect((await bus.jsm.consumers.info(STREAMS.tasks, "hash-interactive")).ack_floor.stream_seq).toBe(55);
    expect(await isUnhandled()).toBe(true);
    for (const message of [...taken, ...(await take(2))]) await message.ackAck();
    expect(await isUnhandled()).toBe(false);
  });
});

describe("the topology", () => {
  it("is created as planned, and left unchanged the second time", async () => {
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
    expect([config.max_ack_pending, config.ack_wait, config.backoff]).toEqual([10_000, 15_000_000_000, undefined]);
    expect((await bus.jsm.consumers.info(STREAMS.advisories, "advisory-router")).name).toBe("advisory-router");
  });

  it.each([
    ["a gigabyte", 1024 ** 3],
    ["ten gigabytes", 10 * 1024 ** 3],
  ])("fits into a server that has %s to give", async (_room, maxStorage) => {
    const small = await startBus({ maxStorage });
    await ensureTopology(small.bus, 1);
    for (const { name } of streamPlans(1))
      expect((await small.bus.jsm.streams.info(name)).config.max_bytes).toBeGreaterThanOrEqual(32 * 1024 ** 2);
    await small.stop();
  });

  it("says what to do where there is no room at all", async () => {
    const small = await startBus({ maxStorage: 100 * 1024 ** 2 });
    await expect(ensureTopology(small.bus, 1)).rejects.toThrow(/no room for LOOKALIKE_\w+: .*max_file_store/);
    await small.stop();
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
