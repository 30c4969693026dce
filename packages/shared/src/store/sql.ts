import { type SQL, sql } from "drizzle-orm";

/** A page of a list: so many items after a position. */
export interface Page<Position> {
  readonly after: Position;
  readonly limit: number;
}

/** Numbers as one parameter of type int[]: their count is not limited as the number of parameters is. */
export const integers = (values: Iterable<number>): SQL => sql`${sql.param([...values])}::int[]`;

/**
 * The condition that a number is one of these. One alone is compared by itself: of a list PostgreSQL expects ten values, and
 * so would not use a plan for all of a prepared statement's values where there is only one.
 */
export const isOneOf = (number: SQL, values: readonly number[]): SQL =>
  values.length === 1 ? sql`${number} = ${values[0]}` : sql`${number} = any(${integers(values)})`;

/** An aggregate: one digest of many rows, hex, of their texts in an order. */
export const digestOfRows = (row: SQL, order: SQL): SQL =>
  sql`encode(sha256(convert_to(coalesce(string_agg(${row}, ',' order by ${order}), ''), 'UTF8')), 'hex')`;

/**
 * The row of a query that always has exactly one, such as an aggregate of a whole table.
 * @throws Error when it has another number of rows: then the query is wrong
 */
export const onlyRow = <Row>({ rows }: { readonly rows: readonly Row[] }): Row => {
  const [row] = rows;
  if (row === undefined || rows.length > 1) throw new Error(`a query of one row returned ${rows.length}`);
  return row;
};
