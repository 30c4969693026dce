import { sql } from "drizzle-orm";
import type { Db } from "./open.ts";

/**
 * Which transactions a read sees now. Two reads of one snapshot see the same data, in all tables.
 * @see https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SNAPSHOT
 */
export const readSnapshot = async (db: Db): Promise<string> => {
  const { rows } = await db.execute<{ snapshot: string }>(sql`select pg_current_snapshot()::text as snapshot`);
  const [row] = rows;
  if (row === undefined) throw new Error("PostgreSQL told no snapshot");
  return row.snapshot;
};
