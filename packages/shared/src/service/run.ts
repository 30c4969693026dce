import { hostname } from "node:os";
import { monitorEventLoopDelay } from "node:perf_hooks";
import closeWithGrace from "close-with-grace";
import { type Bus, connectBusWhenReady } from "../bus/connect.ts";
import { serveEndpoints } from "../bus/endpoints.ts";
import { ensureTopology, waitForConsumers } from "../bus/topology.ts";
import { consumersOf, inboxPrefix } from "../bus/users.ts";
import { readEnvironment, type ServiceEnvironment, type ServiceName, VERSION } from "../runtime/config.ts";
import { EXIT, endByError, messageOf, OperatorError, runMain } from "../runtime/errors.ts";
import { createLogger, type Logger } from "../runtime/log.ts";
import { gauge, measureCertificates, startMetrics } from "../runtime/metrics.ts";
import { serveOperators } from "../runtime/operators-port.ts";
import { startTracing } from "../runtime/tracing.ts";
import { ensureTables } from "../store/migrate.ts";
import { openStoreWhenReady, type Store } from "../store/open.ts";
import { createAtStart } from "./create-streams.ts";
import { commonEndpoints, type Running } from "./endpoints.ts";

/** What every service gets at its start. */
export interface Runtime<Environment> {
  readonly environment: Environment;
  readonly bus: Bus;
  readonly store: Store;
  readonly log: Logger;
  /** Ends the process at once, after an error of our own code: whoever started it starts it again. */
  readonly crash: (error: unknown) => void;
}

interface Service<Schema extends typeof ServiceEnvironment> {
  readonly name: ServiceName;
  readonly environment: Schema;
  /** Connections in the database pool. */
  readonly connections: number;
  start(runtime: Runtime<ReturnType<Schema["parse"]>>): Promise<Running>;
}

/** How long a service waits for what others create: the tables, and its consumers. They may have just begun to start. */
const OTHERS_WAIT_SECONDS = 300;

/**
 * Runs a service until SIGTERM or SIGINT, or until its parent process ends. It is crash-only: an
 * unexpected error, or a connection that is closed for good, ends the process.
 */
export const runService = <Schema extends typeof ServiceEnvironment>(service: Service<Schema>): void =>
  runMain(async () => {
    const environment = readEnvironment(service.environment);
    const endTracing = await startTracing(service.name, VERSION);
    const log = createLogger(service.name, environment.LOG_LEVEL);
    const name = `lookalike-${service.name}-${hostname()}-${process.pid}`;
    let closing = false;
    const onClosed = (error: Error) => {
      if (closing) return;
      log.fatal({ err: messageOf(error) }, "NATS connection is closed for good");
      process.exit(EXIT.unavailable);
    };
    const bus = await connectBusWhenReady(
      [
        environment.NATS_URL,
        name,
        onClosed,
        {
          ...environment,
          inboxPrefix: inboxPrefix(service.name),
          onRefused: (operation, subject) => log.error({ operation, subject }, "NATS refuses this service's user"),
        },
      ],
      {
        seconds: environment.LOOKALIKE_NATS_WAIT_SECONDS,
        onWait: (reason) => log.warn({ err: reason }, "waiting for NATS"),
      },
    );
    const store = await openStoreWhenReady([environment.DATABASE_URL, name, service.connections], {
      seconds: environment.LOOKALIKE_DATABASE_WAIT_SECONDS,
      onWait: (reason) => log.warn({ err: reason }, "waiting for PostgreSQL"),
    });
    const { LOOKALIKE_STREAM_REPLICAS: replicas, LOOKALIKE_TOPOLOGY: owner } = environment;
    // Whoever owns the tables creates what is missing of them, and the coordinator of the streams; it is quick when nothing is.
    await ensureTables(environment.DATABASE_URL, OTHERS_WAIT_SECONDS, () =>
      log.warn("waiting for the owner of the tables to create them"),
    );
    if (service.name === "coordinator") await ensureTopology(bus, replicas, owner, createAtStart(store));
    await waitForConsumers(bus, consumersOf[service.name], OTHERS_WAIT_SECONDS, (missing) =>
      log.warn({ missing }, "waiting for a coordinator to create it"),
    );
    startMetrics(service.name, VERSION);
    measurePool(store);
    measureCertificates(environment.LOOKALIKE_CERTIFICATES);
    const crash = (error: unknown) => {
      log.fatal({ err: error }, "crash");
      process.exit(EXIT.software);
    };
    const running = await service.start({
      environment: environment as ReturnType<Schema["parse"]>,
      bus,
      store,
      log,
      crash,
    });
    let stopped: Promise<void> | undefined;
    const stop = (): Promise<void> => {
      stopped ??= running.stop();
      return stopped;
    };
    const { drain = stop, status } = running;
    const common = commonEndpoints(name, service.name, { drain, status }, log);
    await serveEndpoints(bus, service.name, [...common, ...running.endpoints], log);
    await listen(environment, bus, store, log);
    log.info({ version: VERSION }, "ready");
    // The measured delays include the sampling interval.
    const delays = monitorEventLoopDelay({ resolution: 1 });
    delays.enable();
    process.send?.("ready");

    // From here on, closeWithGrace handles what nobody else does.
    process.off("uncaughtException", endByError);
    const grace = { delay: environment.LOOKALIKE_GRACE_SECONDS * 1_000, logger: false } as const;
    const closer = closeWithGrace(grace, async ({ err }) => {
      closing = true;
      if (err !== undefined) log.fatal({ err }, "crash");
      await stop();
      await bus.connection.drain();
      await store.close();
      await endTracing();
      const [max, p99] = [delays.max, delays.percentile(99)].map((ns) => Math.round(ns / 1e6));
      log.info({ eventLoopDelayMs: { max, p99 } }, "stopped");
    });
    process.on("disconnect", () => void closer.close());
  });

const measurePool = ({ pool }: Store): void =>
  gauge("lookalike_pool_connections", "Connections to PostgreSQL, by state", ["state"], async () => [
    { labels: { state: "busy" }, value: pool.totalCount - pool.idleCount },
    { labels: { state: "idle" }, value: pool.idleCount },
    { labels: { state: "awaited" }, value: pool.waitingCount },
  ]);

const listen = async (environment: ServiceEnvironment, bus: Bus, store: Store, log: Logger): Promise<void> => {
  const { LOOKALIKE_METRICS_HOST: host, LOOKALIKE_METRICS_PORT: port } = environment;
  if (port === undefined) return;
  const ready = async () => ({ postgres: await store.isReachable(), nats: bus.isConnected() });
  const metricsAddress = await serveOperators(host, port, ready).catch((error: unknown) => {
    throw new OperatorError(
      `LOOKALIKE_METRICS_PORT=${port}: can't listen on ${host} (${messageOf(error)}). Set it to a free port.`,
      EXIT.unavailable,
      { cause: error },
    );
  });
  log.info({ metricsAddress }, "metrics are served");
  process.send?.({ metricsAddress });
};
