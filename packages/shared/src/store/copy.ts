import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { getTableColumns, getTableName } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import type pg from "pg";
import { from } from "pg-copy-streams";

/**
 * Writes rows into a table by COPY in text format: one statement for any number of rows, several times
 * as fast as INSERT.
 * @param rows in every row the same columns; the others get their defaults
 * @see https://www.postgresql.org/docs/current/sql-copy.html
 */
export const copyInto = async <Table extends PgTable>(
  client: pg.PoolClient,
  table: Table,
  rows: readonly Table["$inferInsert"][],
): Promise<void> => {
  const [first] = rows;
  if (first === undefined) return;
  const columns = Object.entries(getTableColumns(table)).filter(([key]) => key in first);
  let text = "";
  for (const row of rows as readonly Record<string, unknown>[]) {
    let separator = "";
    for (const [key, column] of columns) {
      const value = row[key];
      text += separator + (value === null ? "\\N" : escaped(column.mapToDriverValue(value)));
      separator = "\t";
    }
    text += "\n";
  }
  const names = columns.map(([, { name }]) => name).join(", ");
  await pipeline(Readable.from([text]), client.query(from(`copy ${getTableName(table)} (${names}) from stdin`)));
};

const escaped = (value: unknown): string => {
  if (Buffer.isBuffer(value)) return `\\\\x${value.toString("hex")}`;
  if (typeof value !== "string") return String(value);
  return value.replace(/[\\\n\r\t]/g, (character) => ESCAPES[character] ?? character);
};

const ESCAPES: Record<string, string> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };
