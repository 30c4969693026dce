import { drizzle } from "drizzle-orm/node-postgres";
import type pg from "pg";
import type { Db } from "./open.ts";
import * as schema from "./schema.ts";
import { onlyRow } from "./sql.ts";

/** Work that only one process does at a time may be done by another process by now. */
export class LockLostError extends Error {
  override readonly name = "LockLostError";
}

/** A lock that this process holds for as long as a connection of it is open. */
export interface Lock {
  /** The connection that holds the lock: what is written through it is written while the lock is held. */
  readonly db: Db;
  /** Must be called before each step that another process with the same work may not take at the same time. @throws LockLostError */
  readonly requireHeld: () => Promise<void>;
}

/** A connection whose network has failed may hang for a quarter of an hour, while the server has given the lock away. */
const ANSWER_MS = 10_000;

/** Does the work unless another process does work of the same name. @returns whether it did */
export const exclusively = async (
  pool: pg.Pool,
  name: string,
  work: (lock: Lock) => Promise<void>,
): Promise<boolean> => {
  const client = await pool.connect();
  try {
    const { locked } = onlyRow(
      await client.query<{ locked: boolean }>("select pg_try_advisory_lock(hashtext($1)) as locked", [name]),
    );
    if (!locked) return false;
    const requireHeld = async (): Promise<void> => {
      await client.query({ text: "select 1", query_timeout: ANSWER_MS } as pg.QueryConfig).catch((error: unknown) => {
        throw new LockLostError(`the connection that holds the lock ${name} is lost`, { cause: error });
      });
    };
    await work({ db: drizzle(client, { schema }), requireHeld });
    return true;
  } finally {
    // The lock belongs to the connection, and is released with it in any case.
    client.release(true);
  }
};
