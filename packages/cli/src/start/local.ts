import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { DataFolder } from "@lookalike/local/data-folder";
import { cataloguedSources, waitForNats, waitForPostgres } from "@lookalike/local/external-servers";
import { givenSources } from "@lookalike/local/given-sources";
import { startNats } from "@lookalike/local/nats-server";
import { startPostgres } from "@lookalike/local/postgres";
import { freePort, type Server } from "@lookalike/local/server-process";
import { type Services, startServices } from "@lookalike/local/services";
import type { Source } from "@lookalike/shared/domain/job/source";
import { DEFAULT_API_PORT, type ServiceName } from "@lookalike/shared/runtime/config";
import { EXIT, OperatorError } from "@lookalike/shared/runtime/errors";
import { printStatus } from "../output.ts";

/** A part that runs until it is stopped. */
export type Running = Pick<Server, "stop">;

/** How a start ends, and what it leaves to end. */
export interface Lifetime {
  /** Parts in the order of starting, each from the moment its start begins. They end in the opposite order. */
  readonly running: Running[];
  /** Aborted when the start is to end. */
  readonly ending: AbortSignal;
  /** Modes that the person's new files don't have. */
  readonly umask: number;
}

/** Starts the servers that the environment does not name, then the services. */
export const startLocal = async (
  data: DataFolder,
  port: number,
  source: Source,
  { running, ending, umask }: Lifetime,
): Promise<{ readonly services: Services; readonly failed: Promise<never> }> => {
  const { env } = process;
  const add = <Part extends Running>(starting: Promise<Part>): Promise<Part> => {
    running.push({ stop: () => starting.then((part) => part.stop()).catch(() => undefined) });
    return starting;
  };
  const startOwn = <Own extends Server>(variable: string, startServer: () => Promise<Own>): Promise<Own | null> =>
    env[variable] ? Promise.resolve(null) : add(startServer());
  if (env["DATABASE_URL"]) await waitForPostgres(printStatus);
  if (env["NATS_URL"]) await waitForNats(printStatus);
  ending.throwIfAborted();
  const [postgres, nats] = await Promise.all([
    startOwn("DATABASE_URL", () => startPostgres(data, ending)),
    startOwn("NATS_URL", () => startNats(data, printStatus, {}, ending)),
  ]);
  await postgres?.migrate();
  ending.throwIfAborted();
  const database = postgres?.url ?? env["DATABASE_URL"] ?? "";
  const sources = await givenSources(data.path, source, () => cataloguedSources(database));
  const environment = {
    ...(nats === null ? {} : { NATS_URL: nats.url }),
    LOOKALIKE_PORT: String(port),
    ...sources,
    LOOKALIKE_THUMBNAILS: env["LOOKALIKE_THUMBNAILS"] || join(data.path, "thumbnails"),
    // libvips decodes on libuv's threads: one for each worker thread, and four for files and DNS.
    UV_THREADPOOL_SIZE: String(availableParallelism() + 4),
  };
  const logs = join(data.path, "logs");
  const apiSecrets = {
    LOOKALIKE_FIRST_KEY: data.accessKey.key,
    LOOKALIKE_SEALING_KEY: env["LOOKALIKE_SEALING_KEY"] || data.sealingKey,
  };
  const ownEnvironment = (name: ServiceName): Record<string, string> => ({
    ...(postgres === null ? {} : { DATABASE_URL: postgres.urlOf(name) }),
    ...(nats === null ? {} : { NATS_NKEY: nats.nkeyFile(name) }),
    ...(name === "api" ? apiSecrets : {}),
  });
  const services = await add(startServices({ environment, ownEnvironment, logs, tag: data.tag, umask, ending }));
  const parts = [services, postgres, nats].flatMap((part) => (part === null ? [] : [part.failed]));
  return { services, failed: Promise.race(parts) };
};

/**
 * The API's port: LOOKALIKE_PORT; else the usual one where a person will come back to it, else a free one.
 * It is checked before anything starts, not by the last of the services.
 * @throws OperatorError where it is no port, or in use
 */
export const choosePort = async (keepRunning: boolean): Promise<number> => {
  const text = process.env["LOOKALIKE_PORT"] || String(keepRunning ? DEFAULT_API_PORT : 0);
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new OperatorError(`LOOKALIKE_PORT=${text}: must be a port from 0 to 65535.`, EXIT.config);
  return freePort(port).catch((error: NodeJS.ErrnoException) => {
    throw new OperatorError(
      `LOOKALIKE_PORT=${port}: that port can't be had (${error.code}). Stop what uses it, or set LOOKALIKE_PORT to a free one.`,
      EXIT.unavailable,
    );
  });
};
