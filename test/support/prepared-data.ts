import { execFile } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type DataFolder, openDataFolder } from "@lookalike/local/data-folder";
import { startPostgres } from "@lookalike/local/postgres";
import { temporaryFolder } from "./folders.ts";

const run = promisify(execFile);

/** Names the run's prepared data folder for the processes that run tests. */
const VARIABLE = "TEST_PREPARED_DATA";

/**
 * Prepares a data folder whose PostgreSQL has all tables, once for a whole run: initdb and the migrations take most
 * of the CPU of a server's start. @returns what removes it
 */
export const prepareData = async (): Promise<() => Promise<void>> => {
  if (process.env[VARIABLE] !== undefined) return async () => undefined;
  const { path, remove } = await temporaryFolder();
  const data = await openDataFolder(path);
  const postgres = await startPostgres(data);
  await postgres.migrate();
  await postgres.stop();
  await data.release();
  await rm(join(path, "logs"), { recursive: true });
  process.env[VARIABLE] = path;
  return async () => {
    delete process.env[VARIABLE];
    await remove();
  };
};

/** Makes a folder a copy of the prepared one, with its own users and secrets; outside a run of tests nothing is copied. */
export const copyPreparedData = async (folder: string): Promise<void> => {
  const prepared = process.env[VARIABLE];
  if (prepared === undefined) return;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // With owners and modes: PostgreSQL runs as another user where the tests run as root.
  await run("cp", ["-a", `${prepared}/.`, folder]);
};

/** A data folder of a test's own, whose PostgreSQL has all tables where the run has prepared them. */
export const openPreparedData = async (folder: string): Promise<DataFolder> => {
  await copyPreparedData(folder);
  return openDataFolder(folder);
};
