import { sql } from "drizzle-orm";
import { drizzle, type NodePgQueryResultHKT } from "drizzle-orm/node-postgres";
import type { PgDatabase } from "drizzle-orm/pg-core";
import pg from "pg";
import { EXIT, messageOf, OperatorError } from "../runtime/errors.ts";
import * as schema from "./schema.ts";
import { onlyRow } from "./sql.ts";

/** A database handle: the pool itself or one transaction on it. */
export type Db = PgDatabase<NodePgQueryResultHKT, typeof schema>;

const POSTGRES_FLOOR = 14;

/**
 * Opens a pool on the database, with its tables in `schemaName`.
 * @throws OperatorError when no server answers or it is too old
 */
export const openStore = async (url: string, applicationName: string, connections: number, schemaName = "public") => {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    application_name: applicationName,
    connectionTimeoutMillis: 10_000,
    ...(schemaName === "public" ? {} : { options: `-c search_path=${schemaName}` }),
  });
  // The pool drops a broken idle connection by itself, and the next query opens another one.
  pool.on("error", () => undefined);
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
    await pool.end();
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(
      `DATABASE_URL=${withoutPassword(url)}: PostgreSQL can't be reached there (${messageOf(error)}). Start it, or correct the address.`,
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
  /** Does the work unless another process does work of the same name. @returns whether it did */
  const exclusively = async (name: string, work: () => Promise<void>): Promise<boolean> => {
    const client = await pool.connect();
    try {
      const { locked } = onlyRow(
        await client.query<{ locked: boolean }>("select pg_try_advisory_lock(hashtext($1)) as locked", [name]),
      );
      if (!locked) return false;
      await work();
      return true;
    } finally {
      // The lock belongs to the connection, and is released with it in any case.
      client.release(true);
    }
  };
  /** Whether the database answers. */
  const isReachable = () =>
    pool.query("select 1").then(
      () => true,
      () => false,
    );
  return { pool, db: drizzle(pool, { schema }), inTransaction, exclusively, isReachable, close: () => pool.end() };
};

export type Store = Awaited<ReturnType<typeof openStore>>;

const withoutPassword = (url: string): string => url.replace(/:[^:@/]*@/, ":***@");

/**
 * Which transactions a query sees now. Two queries of one snapshot see the same data, in all tables.
 * @see https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SNAPSHOT
 */
export const readSnapshot = async (db: Db): Promise<string> =>
  onlyRow(await db.execute<{ snapshot: string }>(sql`select pg_current_snapshot()::text as snapshot`)).snapshot;
