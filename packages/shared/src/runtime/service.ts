import { hostname } from "node:os";
import { monitorEventLoopDelay } from "node:perf_hooks";
import closeWithGrace from "close-with-grace";
import { type Bus, connectBus } from "../bus/connect.ts";
import { migrate } from "../migrate.ts";
import { openStore, type Store } from "../store/open.ts";
import { readEnvironment, type ServiceEnvironment } from "./config.ts";
import { EXIT, messageOf, runMain } from "./fail.ts";
import { createLogger, type Logger } from "./log.ts";

/** What a service works with. */
export interface Runtime<Environment> {
  readonly environment: Environment;
  readonly bus: Bus;
  readonly store: Store;
  readonly log: Logger;
}

interface Service<Schema extends typeof ServiceEnvironment> {
  readonly name: string;
  readonly environment: Schema;
  /** Size of the database pool. */
  readonly connections: number;
  /** Starts the work and gives the function that ends it. */
  start(runtime: Runtime<ReturnType<Schema["parse"]>>): Promise<() => Promise<void>>;
}

const GRACE_MS = 30_000;

/**
 * Runs a service until SIGTERM or SIGINT, or until the process that started it is gone. Crash-only:
 * an error nobody expected, or a lost connection that can't come back, ends the process.
 */
export const runService = <Schema extends typeof ServiceEnvironment>(service: Service<Schema>): void =>
  runMain(async () => {
    const environment = readEnvironment(service.environment);
    const log = createLogger(service.name, environment.LOG_LEVEL);
    const name = `lookalike-${service.name}-${hostname()}-${process.pid}`;
    let closing = false;
    const bus = await connectBus(environment.NATS_URL, name, (error) => {
      if (closing) return;
      log.fatal({ err: messageOf(error) }, "NATS connection closed for good");
      process.exit(EXIT.unavailable);
    });
    const store = await openStore(environment.DATABASE_URL, name, service.connections);
    await migrate(environment, bus);
    const stop = await service.start({ environment: environment as ReturnType<Schema["parse"]>, bus, store, log });
    log.info("ready");
    // Its readings have the sampling interval in them.
    const delays = monitorEventLoopDelay({ resolution: 1 });
    delays.enable();
    process.send?.("ready");

    const closer = closeWithGrace({ delay: GRACE_MS, logger: false }, async ({ err }) => {
      closing = true;
      if (err !== undefined) log.fatal({ err }, "crash");
      await stop();
      await bus.connection.drain();
      await store.close();
      const [max, p99] = [delays.max, delays.percentile(99)].map((ns) => Math.round(ns / 1e6));
      log.info({ eventLoopDelayMs: { max, p99 } }, "stopped");
    });
    process.on("disconnect", () => void closer.close());
  });
