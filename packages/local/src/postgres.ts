import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, chown, mkdir, mkdtemp, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { EXIT, messageOf, OperatorError } from "@lookalike/shared/runtime/errors";
import { applyMigrations } from "@lookalike/shared/store/migrate";
import { DATABASE_USERS, type DatabaseUser, roleOf, roleStatements } from "@lookalike/shared/store/roles";
import pg from "pg";
import { type DataFolder, readOrCreate } from "./data-folder.ts";
import { fullDisk } from "./full-disk.ts";
import { postgresProgram } from "./postgres-program.ts";
import { type PostgresUser, postgresUser, runAs } from "./postgres-user.ts";
import { runToEnd } from "./processes.ts";
import { freePort, launch, type Server } from "./server-process.ts";

const DATABASE = "lookalike";

/** A PostgreSQL; its `url` is its administrator's. */
export interface PostgresServer extends Server {
  /** The address with a role and its password. */
  readonly urlOf: (user: DatabaseUser) => string;
  /** Creates the tables, as their owner does before the services start. */
  readonly migrate: () => Promise<void>;
}

/**
 * PostgreSQL from this platform's npm package, its state in the data folder. As root, it runs as another user.
 * @param ending ends the start
 */
export const startPostgres = async (data: DataFolder, ending?: AbortSignal): Promise<PostgresServer> => {
  const cluster = join(data.path, "postgres");
  const user = await postgresUser(cluster);
  const { initdb, postgres } = await postgresProgram(user);
  ending?.throwIfAborted();
  if (existsSync(join(cluster, "PG_VERSION"))) await makeReady(cluster, user);
  else await initialise(initdb, cluster, data, user, ending);
  const port = await freePort();
  const address = (database: string, user = "postgres", password = data.secret) =>
    `postgres://${user}:${password}@127.0.0.1:${port}/${database}`;
  const settings = [`--port=${port}`, "--listen_addresses=127.0.0.1", "--unix_socket_directories="];
  const server = await launch(
    {
      name: "PostgreSQL",
      command: runAs(user, [postgres, "-D", PLACE ?? cluster, ...settings, `--cluster_name=${data.tag}`]),
      folder: cluster,
      log: join(data.path, "logs", "postgres.log"),
      // A fast shutdown: it ends the sessions, and what they committed is safe.
      stopSignal: "SIGINT",
      url: address(DATABASE),
      isReady: () =>
        query(address("postgres"), "select 1").then(
          () => true,
          () => false,
        ),
    },
    ending,
  );
  try {
    const exists = await query(address("postgres"), `select 1 from pg_database where datname = '${DATABASE}'`);
    if (exists === 0) await query(address("postgres"), `create database ${DATABASE}`);
    const passwords = await openPasswords(data);
    const password = (user: DatabaseUser): string => passwords[user];
    // A statement that fails is in the server's log, with the passwords.
    const statements = ["set log_min_error_statement = panic", ...roleStatements(DATABASE, password)];
    await query(address(DATABASE), statements.join(";\n"));
    const urlOf = (user: DatabaseUser) => address(DATABASE, roleOf(user), password(user));
    return Object.assign(server, { urlOf, migrate: () => applyMigrations(urlOf("migrator")) });
  } catch (error) {
    await server.stop();
    throw error;
  }
};

/** A password of each role, in a file of its own. */
const openPasswords = async (data: DataFolder): Promise<Record<DatabaseUser, string>> => {
  const folder = join(data.path, "postgres-users");
  await mkdir(folder, { mode: 0o700, recursive: true });
  const passwords = DATABASE_USERS.map(
    async (user) =>
      [user, await readOrCreate(join(folder, user), () => randomBytes(24).toString("base64url"))] as const,
  );
  return Object.fromEntries(await Promise.all(passwords)) as Record<DatabaseUser, string>;
};

/**
 * The cluster, as its own processes find it whatever folders above it are closed to them: they run in it.
 * null where the system has no such name.
 */
const PLACE = process.platform === "linux" ? "/proc/self/cwd" : null;

/** Runs one statement in a connection of its own. @returns the number of rows; null for a statement without rows */
const query = async (url: string, text: string): Promise<number | null> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query(text)).rowCount;
  } finally {
    await client.end();
  }
};

/**
 * Prepares a cluster that no process uses any more. Its lock file names a process that was killed: where its number
 * belongs to another process now, or its exit code was never read, PostgreSQL would wait for it for ever. A server
 * that does run is still found by PostgreSQL, in its shared memory.
 */
const makeReady = async (cluster: string, user: PostgresUser | null): Promise<void> => {
  await rm(join(cluster, "postmaster.pid"), { force: true });
  // A backup may have been restored with other owners and modes.
  await chmod(cluster, 0o700);
  if (user !== null && (await stat(cluster)).uid !== user.uid) await chownAll(cluster, user);
};

const chownAll = async (folder: string, { uid, gid }: PostgresUser): Promise<void> => {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await chownAll(path, { uid, gid });
    else if (entry.isFile()) await chown(path, uid, gid);
  }
  await chown(folder, uid, gid);
};

/** Creates the cluster under another name first: it gets its own when it is complete. */
const initialise = async (
  initdb: string,
  cluster: string,
  data: DataFolder,
  user: PostgresUser | null,
  ending: AbortSignal | undefined,
): Promise<void> => {
  const prefix = `${cluster}.unfinished-`;
  // A start that was killed may have left one.
  for (const name of await readdir(data.path))
    if (join(data.path, name).startsWith(prefix)) await rm(join(data.path, name), { recursive: true, force: true });
  const unfinished = await mkdtemp(prefix);
  try {
    if (user !== null) await chown(unfinished, user.uid, user.gid);
    await runInitdb(initdb, unfinished, data, user, ending);
    await rm(cluster, { recursive: true, force: true });
    await rename(unfinished, cluster);
  } catch (error) {
    ending?.throwIfAborted();
    throw new OperatorError(
      `PostgreSQL could not be set up in ${cluster} (${reasonIn(messageOf(error))}).${await fullDisk(data.path)}`,
      EXIT.unavailable,
    );
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
};

/** The line of initdb's output that says what went wrong: it may clean up afterwards. */
const reasonIn = (output: string): string => {
  const lines = output.trim().split("\n");
  return lines.find((line) => /No space left|error:|FATAL:|PANIC:/.test(line)) ?? lines.at(-1) ?? "";
};

const runInitdb = async (
  initdb: string,
  cluster: string,
  data: DataFolder,
  user: PostgresUser | null,
  ending: AbortSignal | undefined,
): Promise<void> => {
  const passwordFile = join(data.path, "postgres.password");
  const password = await open(passwordFile, "w+", 0o600);
  try {
    await password.writeFile(data.secret);
    if (user !== null) await password.chown(user.uid, user.gid);
    const settings = [`--set=cluster_name=${data.tag}`, "--encoding=UTF8", "--locale=C"];
    const access = ["--username=postgres", "--auth=scram-sha-256", "--pwfile=/dev/fd/3"];
    const command = runAs(user, [initdb, "-D", PLACE ?? cluster, ...access, ...settings]);
    await runToEnd(command, cluster, password.fd, ending);
  } finally {
    await password.close();
    await rm(passwordFile, { force: true });
  }
};
