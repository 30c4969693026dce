import { it } from "vitest";
import { BUS_JOB, NO_POISON, numberedTask, startBusWithStreams } from "../../../../test/support/bus.ts";
import { shortenWaits } from "../../../../test/support/short-waits.ts";
import { until } from "../../../../test/support/until.ts";
import type { Message } from "../domain/job/events.ts";
import { createLogger } from "../runtime/log.ts";
import { consumeBatches } from "./batches.ts";
import { publish } from "./publish.ts";
import { STREAMS, subjects } from "./topology.ts";
import { work } from "./work.ts";

const log = createLogger("test", "silent");

it("goes on after nats-server was killed -9 and started again", async () => {
  const { server, bus, stop } = await startBusWithStreams();
  await shortenWaits(bus);
  const handled = new Set<number>();
  const projected = new Set<number>();
  const handleEvent = (numbers: Set<number>) => (body: unknown) => numbers.add((body as { number: number }).number);
  const tasks = await work(bus, {
    stream: STREAMS.tasks,
    durables: ["compare-bulk"],
    concurrency: 2,
    maxDeliver: 5,
    log,
    handle: async ({ body }) => void handleEvent(handled)(body),
    giveUp: async () => undefined,
  });
  const subject = subjects.event("hash-done", BUS_JOB);
  const events = await consumeBatches(bus, {
    stream: STREAMS.events,
    durable: `coordinator-${subject.split(".")[2]}`,
    maxMessages: 10,
    ...NO_POISON,
    log,
    read: ({ body }) => body,
    async handle(bodies) {
      for (const body of bodies) handleEvent(projected)(body);
    },
  });
  const event = (number: number): Message => ({
    eventId: `event-${number}`,
    stream: STREAMS.events,
    subject,
    body: { number },
  });
  await Promise.all([publish(bus, numberedTask(1)), publish(bus, event(1))]);
  await until(() => handled.has(1) && projected.has(1));

  await server.kill();
  await server.restart();
  await Promise.all([publish(bus, numberedTask(2)), publish(bus, event(2))]);
  await until(() => handled.has(2) && projected.has(2));
  await Promise.all([tasks.stop(), events.stop()]);
  await stop();
});
