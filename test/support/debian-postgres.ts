import { existsSync } from "node:fs";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PostgresServer } from "@lookalike/local/postgres";
import { type CommandLine, postgresUser, runAs } from "@lookalike/local/postgres-user";
import { freePort, launch } from "@lookalike/local/server-process";
import { applyMigrations } from "@lookalike/shared/store/migrate";
import { type DatabaseUser, roleOf, roleStatements } from "@lookalike/shared/store/roles";
import { startCommand } from "./command.ts";

const VERSIONS = ["15", "16", "17", "18"];
/** PostgreSQL's programs as Debian installs them: the npm package that tests use otherwise has no pg_dump. */
export const debianPrograms =
  VERSIONS.map((version) => `/usr/lib/postgresql/${version}/bin`).find((path) => existsSync(join(path, "pg_dump"))) ??
  `/usr/lib/postgresql/${VERSIONS[0]}/bin`;

const run = async (command: CommandLine): Promise<void> => {
  const { code, stderr } = await startCommand(command).ended;
  if (code !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
};

/** Runs one of PostgreSQL's programs. @throws Error with what it says */
export const runProgram = (name: string, ...args: string[]): Promise<void> =>
  run([join(debianPrograms, name), ...args]);

/** An empty PostgreSQL as an operator has it, with the database and the roles that an administrator creates. */
export const startDebianPostgres = async (): Promise<PostgresServer> => {
  // Not in a test's own folder, which is closed to the user that PostgreSQL runs as.
  const cluster = await mkdtemp(join(tmpdir(), "lookalike-postgres-"));
  const user = await postgresUser(cluster);
  if (user !== null) await chown(cluster, user.uid, user.gid);
  const programs = (name: string): string => join(debianPrograms, name);
  await run(runAs(user, [programs("initdb"), "-D", cluster, "--username=postgres", "--auth=trust", "--no-sync"]));
  const port = await freePort();
  const urlOf = (user: DatabaseUser): string => `postgres://${roleOf(user)}:none@127.0.0.1:${port}/lookalike`;
  const addressOf = (database: string): string => `postgres://postgres:none@127.0.0.1:${port}/${database}`;
  const query = (database: string, text: string): Promise<void> =>
    runProgram("psql", "--quiet", "--set=ON_ERROR_STOP=1", `--dbname=${addressOf(database)}`, "--command", text);
  const settings = [`--port=${port}`, "--listen_addresses=127.0.0.1", "--unix_socket_directories="];
  const server = await launch({
    name: "PostgreSQL",
    command: runAs(user, [programs("postgres"), "-D", cluster, ...settings]),
    folder: cluster,
    log: join(cluster, "server.log"),
    stopSignal: "SIGINT",
    url: addressOf("lookalike"),
    isReady: () =>
      query("postgres", "select 1").then(
        () => true,
        () => false,
      ),
  });
  await query("postgres", "create database lookalike");
  await query("lookalike", roleStatements("lookalike", () => null).join(";\n"));
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(cluster, { recursive: true });
  };
  return { ...server, stop, urlOf, migrate: () => applyMigrations(urlOf("migrator")) };
};
