import { sql } from "drizzle-orm";
import type { Db } from "./open.ts";
import { onlyRow } from "./sql.ts";

/**
 * Which transactions a query sees now. Two queries of one snapshot see the same data, in all tables.
 * @see https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SNAPSHOT
 */
export const readSnapshot = async (db: Db): Promise<string> =>
  onlyRow(await db.execute<{ snapshot: string }>(sql`select pg_current_snapshot()::text as snapshot`)).snapshot;
