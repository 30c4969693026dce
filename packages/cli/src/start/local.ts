import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { DataFolder } from "@lookalike/local/data-folder";
import { startNats } from "@lookalike/local/nats-server";
import { startPostgres } from "@lookalike/local/postgres";
import { freePort, type Server } from "@lookalike/local/server-process";
import { type Services, startServices } from "@lookalike/local/services";
import type { Source } from "@lookalike/shared/domain/job/source";
import { DEFAULT_API_PORT } from "@lookalike/shared/runtime/config";
import { EXIT, OperatorError } from "@lookalike/shared/runtime/errors";
import { printStatus } from "../output.ts";

/** A part that runs until it is stopped. */
export type Running = Pick<Server, "stop">;

/**
 * Starts the servers that the environment does not name, then the services.
 * @param running gets each part as soon as it runs
 */
export const startLocal = async (
  data: DataFolder,
  port: number,
  source: Source,
  running: Running[],
): Promise<Services> => {
  const { env } = process;
  const add = async <Part extends Running>(starting: Promise<Part>): Promise<Part> => {
    const part = await starting;
    running.push(part);
    return part;
  };
  const startOwn = async (variable: string, startServer: () => Promise<Server>): Promise<Record<string, string>> =>
    env[variable] ? {} : { [variable]: (await add(startServer())).url };
  const servers = await Promise.all([
    startOwn("DATABASE_URL", () => startPostgres(data)),
    startOwn("NATS_URL", () => startNats(data, printStatus)),
  ]);
  const environment = {
    ...servers[0],
    ...servers[1],
    LOOKALIKE_PORT: String(port),
    LOOKALIKE_FIRST_KEY: data.accessKey.key,
    // Its person may read what they may read: the API listens on this machine alone.
    LOOKALIKE_SOURCE_ROOTS: env["LOOKALIKE_SOURCE_ROOTS"] || "/",
    LOOKALIKE_SOURCE_BUCKETS: env["LOOKALIKE_SOURCE_BUCKETS"] || bucketOf(source),
    LOOKALIKE_THUMBNAILS: env["LOOKALIKE_THUMBNAILS"] || join(data.path, "thumbnails"),
    // libvips decodes on libuv's threads: one for each worker thread, and four for files and DNS.
    UV_THREADPOOL_SIZE: String(availableParallelism() + 4),
  };
  return add(startServices(environment, join(data.path, "logs")));
};

/** The bucket that the API must be allowed to read; empty for a source on this machine. */
const bucketOf = (source: Source): string => {
  switch (source.kind) {
    case "s3":
      return source.bucket;
    case "directory":
    case "hashes":
      return "";
  }
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
