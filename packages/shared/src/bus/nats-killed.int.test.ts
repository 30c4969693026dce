import { it } from "vitest";
import { startNatsServer } from "../../../../test/support/nats-server.ts";
import { until } from "../../../../test/support/until.ts";
import type { Message } from "../domain/job/events.ts";
import { createLogger } from "../runtime/log.ts";
import { consumeBatches } from "./batches.ts";
import { connectBus } from "./connect.ts";
import { publish } from "./publish.ts";
import { ensureTopology, STREAMS, subjects } from "./topology.ts";
import { work } from "./work.ts";

const log = createLogger("test", "silent");
const job = { tenant: "acme", job: "job-1" };

const task = (number: number): Message => ({
  eventId: `job-1:compare:${number}:a0`,
  stream: STREAMS.tasks,
  subject: subjects.task("compare", "bulk", job),
  body: { number },
});

it("goes on after nats-server was killed -9 and started again", async () => {
  const server = await startNatsServer();
  const bus = await connectBus(server.url, "test", () => undefined);
  await ensureTopology(bus, 1);
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
  const subject = subjects.event("hash-done", job);
  const events = await consumeBatches(bus, {
    stream: STREAMS.events,
    durable: `coordinator-${subject.split(".")[2]}`,
    maxMessages: 10,
    park: async () => undefined,
    isPoison: () => false,
    crash: (error) => {
      throw error;
    },
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
  await Promise.all([publish(bus, task(1)), publish(bus, event(1))]);
  await until(() => handled.has(1) && projected.has(1));

  await server.kill();
  await server.restart();
  await Promise.all([publish(bus, task(2)), publish(bus, event(2))]);
  await until(() => handled.has(2) && projected.has(2), 60);
  await Promise.all([tasks.stop(), events.stop()]);
  await bus.connection.close();
  await server.stop();
});
