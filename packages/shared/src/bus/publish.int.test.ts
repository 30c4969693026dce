import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BUS_JOB, numberedTask, startBusWithStreams } from "../../../../test/support/bus.ts";
import type { Message } from "../domain/job/events.ts";
import type { Bus } from "./connect.ts";
import { publish, publishOnce } from "./publish.ts";
import { STREAMS, subjects } from "./topology.ts";

let bus: Bus;
let stop: () => Promise<void>;

beforeAll(async () => {
  ({ bus, stop } = await startBusWithStreams());
});
afterAll(() => stop());

describe("publishing", () => {
  it("stores a message once, however often it is sent", async () => {
    for (let time = 0; time < 3; time += 1)
      await publish(bus, { ...numberedTask(1_000), subject: subjects.task("hash", "bulk", BUS_JOB) });
    const { state } = await bus.jsm.streams.info(STREAMS.tasks, {
      subjects_filter: subjects.task("hash", "bulk", BUS_JOB),
    });
    expect(Object.values(state.subjects ?? {})).toEqual([1]);
  });

  it("writes a write-once subject once: its own message again is success, another one is refused", async () => {
    const finalize = (eventId: string): Message => ({
      eventId,
      stream: STREAMS.finalize,
      subject: subjects.finalize(1, BUS_JOB),
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
    expect(state.subjects).toEqual({ [subjects.finalize(1, BUS_JOB)]: 1 });
  });

  it("does not try again what can only be refused", async () => {
    const huge = { ...numberedTask(1), body: { text: "x".repeat(2_000_000) } };
    await expect(publish(bus, huge)).rejects.toMatchObject({ code: "MAX_PAYLOAD_EXCEEDED" });
  });
});
