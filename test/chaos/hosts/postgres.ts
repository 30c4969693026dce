import { appendFile, chown, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommandLine, postgresUser, runAs } from "@lookalike/local/postgres-user";
import { launch, type Server } from "@lookalike/local/server-process";
import { applyMigrations } from "@lookalike/shared/store/migrate";
import { type DatabaseUser, roleOf, roleStatements } from "@lookalike/shared/store/roles";
import { startCommand } from "../../support/command.ts";
import { debianPrograms } from "../../support/debian-postgres.ts";
import type { Clock } from "./clock.ts";
import { addressOf, DATABASE_ADDRESS, type Host, type Network } from "./network.ts";

const DATABASE = "lookalike";
const PORT = 5432;

/** A primary and its standby, each on a host of its own. Services reach the primary by an address that moves with it. */
export interface PostgresPair {
  /** As an administrator. */
  readonly url: string;
  readonly urlOf: (user: DatabaseUser) => string;
  readonly primary: () => Host;
  readonly standby: () => Host;
  migrate(): Promise<void>;
  /** Whether a commit waits until the standby has it. */
  setSynchronous(isSynchronous: boolean): Promise<void>;
  /** kill -9 of the primary for good; the standby takes its place. */
  promote(): Promise<void>;
  /** Makes a new standby where there is none, for which every commit waits. */
  addStandby(): Promise<void>;
}

/** What an operator of a pair sets: an unreachable host is noticed after seconds. */
const SETTINGS = `
listen_addresses = '*'
unix_socket_directories = ''
max_connections = 200
wal_keep_size = '256MB'
wal_sender_timeout = '5s'
wal_receiver_timeout = '5s'
wal_retrieve_retry_interval = '1s'
`;

/** @param stops gets what ends it */
export const startPostgresPair = async (
  network: Network,
  logs: string,
  clock: Clock,
  stops: (() => Promise<unknown>)[],
): Promise<PostgresPair> => {
  const folder = await mkdtemp(join(tmpdir(), "lookalike-postgres-"));
  stops.push(() => rm(folder, { recursive: true, force: true }));
  const user = await postgresUser(folder);
  const own = (path: string) => (user === null ? Promise.resolve() : chown(path, user.uid, user.gid));
  await own(folder);
  const clusterOf = (host: Host): string => join(folder, host);
  const command = (host: Host, ...program: CommandLine): CommandLine => {
    const [first = "", ...rest] = [...network.on(host), ...runAs(user, program)];
    return [first, ...rest];
  };
  const run = async (host: Host, name: string, ...args: string[]): Promise<void> => {
    const { code, stderr } = await startCommand(command(host, join(debianPrograms, name), ...args)).ended;
    if (code !== 0) throw new Error(`${name} on ${host}: ${stderr}`);
  };
  const urlAt = (address: string, role: string): string => `postgres://${role}:none@${address}:${PORT}/${DATABASE}`;
  const query = (host: Host, text: string, database = DATABASE): Promise<void> => {
    const url = new URL(urlAt(addressOf(host), "postgres"));
    url.pathname = `/${database}`;
    return run(host, "psql", "--quiet", "--set=ON_ERROR_STOP=1", `--dbname=${url.href}`, "--command", text);
  };
  const start = async (host: Host): Promise<Server> => {
    const cluster = clusterOf(host);
    const [set = "", ...variables] = clock.on;
    return launch({
      name: `PostgreSQL on ${host}`,
      command: command(host, set, ...variables, join(debianPrograms, "postgres"), "-D", cluster),
      folder: cluster,
      log: join(logs, `${host}.log`),
      stopSignal: "SIGINT",
      url: urlAt(addressOf(host), "postgres"),
      isReady: () =>
        query(host, "select 1", "postgres").then(
          () => true,
          () => false,
        ),
    });
  };

  let [primary, standby]: [Host, Host] = ["postgres1", "postgres2"];
  const servers = new Map<Host, Server>();
  stops.push(() => Promise.all([...servers.values()].map((server) => server.stop())));
  await run(primary, "initdb", "-D", clusterOf(primary), "--username=postgres", "--auth=trust", "--no-sync");
  await appendFile(join(clusterOf(primary), "postgresql.conf"), SETTINGS);
  await writeFile(
    join(clusterOf(primary), "pg_hba.conf"),
    "host all all 0.0.0.0/0 trust\nhost replication all 0.0.0.0/0 trust\n",
  );
  servers.set(primary, await start(primary));
  await network.moveDatabase(primary);
  await query(primary, `create database ${DATABASE}`, "postgres");
  await query(primary, roleStatements(DATABASE, () => null).join(";\n"));

  const setSynchronous = async (isSynchronous: boolean): Promise<void> => {
    await query(primary, `alter system set synchronous_standby_names = '${isSynchronous ? "*" : ""}'`);
    await query(primary, "select pg_reload_conf()");
  };
  const addStandby = async (): Promise<void> => {
    if (!servers.has(standby)) {
      const cluster = clusterOf(standby);
      await rm(cluster, { recursive: true, force: true });
      await mkdir(cluster, { mode: 0o700 });
      await own(cluster);
      const from = `host=${addressOf(primary)} port=${PORT} user=postgres`;
      await run(standby, "pg_basebackup", "-D", cluster, "-d", from, "--write-recovery-conf", "--checkpoint=fast");
      servers.set(standby, await start(standby));
    }
    await setSynchronous(true);
  };
  const urlOf = (user: DatabaseUser): string => urlAt(DATABASE_ADDRESS, roleOf(user));
  return {
    url: urlAt(DATABASE_ADDRESS, "postgres"),
    urlOf,
    primary: () => primary,
    standby: () => standby,
    migrate: () => applyMigrations(urlOf("migrator")),
    setSynchronous,
    async promote() {
      const server = servers.get(primary);
      if (server === undefined) throw new Error(`no PostgreSQL on ${primary}`);
      process.kill(server.pid, "SIGKILL");
      await server.stop();
      servers.delete(primary);
      await query(standby, "select pg_promote()");
      [primary, standby] = [standby, primary];
      // Else every commit waits for a standby that does not exist.
      await setSynchronous(false);
      await network.moveDatabase(primary);
    },
    addStandby,
  };
};
