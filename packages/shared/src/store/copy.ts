import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type pg from "pg";
import { from } from "pg-copy-streams";
import { toHex } from "../domain/primitives/encoding.ts";

type Value = string | number | Uint8Array | null;

/**
 * Writes rows into a table by COPY in text format: one statement for any number of rows, several times
 * as fast as INSERT.
 * @param rows values by column, in every row the same columns in the same order
 * @see https://www.postgresql.org/docs/current/sql-copy.html
 */
export const copyInto = async (
  client: pg.PoolClient,
  table: string,
  rows: readonly Readonly<Record<string, Value>>[],
): Promise<void> => {
  const [first] = rows;
  if (first === undefined) return;
  const columns = Object.keys(first).join(", ");
  let text = "";
  for (const row of rows) {
    let separator = "";
    for (const value of Object.values(row)) {
      text += separator + escaped(value);
      separator = "\t";
    }
    text += "\n";
  }
  await pipeline(Readable.from([text]), client.query(from(`copy ${table} (${columns}) from stdin`)));
};

const escaped = (value: Value): string => {
  if (value === null) return "\\N";
  if (typeof value === "number") return String(value);
  if (typeof value !== "string") return `\\\\x${toHex(value)}`;
  return value.replace(/[\\\n\r\t]/g, (character) => ESCAPES[character] ?? character);
};

const ESCAPES: Record<string, string> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };
