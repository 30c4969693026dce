import { type SQL, sql } from "drizzle-orm";

/** A page of a list: so many items after a position. */
export interface Page<Position> {
  readonly after: Position;
  readonly limit: number;
}

/** Numbers as one parameter of type int[]: their count is not limited as the number of parameters is. */
export const integers = (values: Iterable<number>): SQL => sql`${sql.param([...values])}::int[]`;

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
