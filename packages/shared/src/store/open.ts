import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import type pg from "pg";
import { EXIT, messageOf, OperatorError } from "../runtime/errors.ts";
import { redact } from "../runtime/redact.ts";
import { type Patience, whenReady } from "../runtime/when-ready.ts";
import type { Db } from "./db.ts";
import { endLostConnections } from "./lost-connections.ts";
import { Pool } from "./pool.ts";
import { createReachability } from "./reachable.ts";
import * as schema from "./schema.ts";
import { onlyRow } from "./sql.ts";
import { createTenantStores } from "./tenant-stores.ts";
import { isUnavailable } from "./unavailable.ts";

export type { Db } from "./db.ts";

const POSTGRES_FLOOR = 14;

/**
 * A process that is stopped or cut off in the middle of a transaction holds its locks, for which all others wait. After
 * this time the server ends the transaction; where the process continues, its work is done again.
 */
const IDLE_TRANSACTION_MS = 60_000;

/**
 * How soon the server notices that a host is gone, in place of the hours of its system: until then it holds the locks that a
 * process there has. In seconds, the last one in milliseconds.
 */
const SERVER_SETTINGS = [
  "tcp_keepalives_idle=10",
  "tcp_keepalives_interval=5",
  "tcp_keepalives_count=4",
  "tcp_user_timeout=30000",
];

/**
 * Opens a pool on the database, with its tables in `schemaName`.
 * @throws OperatorError when no server answers or it is too old
 */
export const openStore = async (url: string, applicationName: string, connections: number, schemaName = "public") => {
  const settings = {
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
    options: [...SERVER_SETTINGS, ...(schemaName === "public" ? [] : [`search_path=${schemaName}`])]
      .map((setting) => `-c ${setting}`)
      .join(" "),
  };
  const pool = new Pool({ ...settings, max: connections });
  // A health check must not wait behind other queries, so it has a connection of its own, as long as it is used.
  const healthPool = new Pool({ ...settings, max: 1, query_timeout: settings.connectionTimeoutMillis });
  const watch = endLostConnections(pool, healthPool);
  try {
    const { version } = onlyRow(
      await pool.query<{ version: number }>("select current_setting('server_version_num')::int / 10000 as version"),
    );
    if (version < POSTGRES_FLOOR) {
      throw new OperatorError(
        `DATABASE_URL: PostgreSQL ${version} is too old, ${POSTGRES_FLOOR} or newer is needed. Upgrade it.`,
        EXIT.unavailable,
      );
    }
  } catch (error) {
    watch.stop();
    await pool.end();
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(
      `DATABASE_URL=${redact(url)}: PostgreSQL can't be reached there (${messageOf(error)}). Start it, or correct the address.`,
      EXIT.unavailable,
      { cause: error },
    );
  }
  /** A transaction with its connection, for what needs the client itself, such as COPY. */
  const inTransaction = async <Result>(work: (tx: Db, client: pg.PoolClient) => Promise<Result>): Promise<Result> => {
    const client = await pool.connect();
    try {
      const result = await drizzle(client, { schema }).transaction((tx) => work(tx, client));
      client.release();
      return result;
    } catch (error) {
      // The connection's state is unknown, so the pool opens another one.
      client.release(true);
      throw error;
    }
  };
  return {
    pool,
    db: drizzle(pool, { schema }),
    /** The same for a role that row-level security applies to: `db` shows it no tenant's rows. */
    tenants: createTenantStores(pool),
    inTransaction,
    /** Whether the database answers, at once. */
    isReachable: createReachability(() => healthPool.query("select 1")),
    close: async () => {
      watch.stop();
      await Promise.all([pool.end(), healthPool.end()]);
    },
  };
};

export type Store = Awaited<ReturnType<typeof openStore>>;

/**
 * Opens the store as soon as its server answers.
 * @throws OperatorError as `openStore`
 */
export const openStoreWhenReady = (
  [url, applicationName, connections]: readonly [url: string, applicationName: string, connections: number],
  patience: Patience,
): Promise<Store> => whenReady(() => openStore(url, applicationName, connections), isUnavailable, patience);

/**
 * Which transactions a query sees now. Two queries of one snapshot see the same data, in all tables.
 * @see https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SNAPSHOT
 */
export const readSnapshot = async (db: Db): Promise<string> =>
  onlyRow(await db.execute<{ snapshot: string }>(sql`select pg_current_snapshot()::text as snapshot`)).snapshot;
