import type { NatsOptions } from "@lookalike/local/nats-server";
import { type Bus, connectBus } from "@lookalike/shared/bus/connect";
import { ensureTopology, STREAMS, subjects } from "@lookalike/shared/bus/topology";
import type { Message } from "@lookalike/shared/domain/job/events";
import { type NatsServer, startNatsServer } from "./nats-server.ts";

/** A real nats-server alone, and a connection to it. */
export interface TestBus {
  readonly server: NatsServer;
  readonly bus: Bus;
  stop(): Promise<void>;
}

export const startBus = async (options: NatsOptions = {}): Promise<TestBus> => {
  const server = await startNatsServer(options);
  const bus = await connectBus(server.url, "test", () => undefined, {
    NATS_NKEY: server.nkeyFile("administrator"),
  });
  return {
    server,
    bus,
    async stop() {
      await bus.connection.close();
      await server.stop();
    },
  };
};

/** The same with all streams and consumers. */
export const startBusWithStreams = async (): Promise<TestBus> => {
  const started = await startBus();
  await ensureTopology(started.bus, 1);
  return started;
};

/** The job of the messages below. */
export const BUS_JOB = { tenant: "acme", job: "job-1" };

/** A message in the place of a task: what it says is not looked at. */
export const numberedTask = (number: number): Message => ({
  eventId: `job-1:compare:${number}:a0`,
  stream: STREAMS.tasks,
  subject: subjects.task("compare", "bulk", BUS_JOB),
  body: { number },
});

/** Batches of which no message is at fault. */
export const NO_POISON = {
  faultOf: () => null,
  crash: (error: unknown): never => {
    throw error;
  },
};
