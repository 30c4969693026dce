import { z } from "zod";
import { HttpProblem } from "./problems.ts";

/** An opaque cursor: a client hands it back, and reads nothing into it. */
const encodeCursor = (position: number | string): string => Buffer.from(JSON.stringify(position)).toString("base64url");

/** @throws HttpProblem 400 when the cursor is none of ours */
export const decodeCursor = <Position extends number | string>(
  cursor: string | undefined,
  start: Position,
): Position => {
  if (cursor === undefined) return start;
  try {
    const position: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    if (typeof position === typeof start && (typeof position !== "number" || Number.isSafeInteger(position)))
      return position as Position;
  } catch {
    // Falls through to the one answer for a cursor that can't be read.
  }
  throw new HttpProblem(400, "bad-cursor", "The cursor can't be read: use `next` of the page before, unchanged.");
};

/** One page out of `limit + 1` rows: the extra row tells whether there is a next page. */
export const page = <Row>(rows: readonly Row[], limit: number, positionOf: (row: Row) => number | string) => {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? encodeCursor(positionOf(last)) : null };
};

/** A page of a list, and the cursor that requests the next one; null on the last page. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.string().nullable() });

export const PageQuery = z.object({
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});
