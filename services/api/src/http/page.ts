import { z } from "zod";
import { HttpProblem } from "./problems.ts";

/** A whole list, of things that are few. */
export const listOf = <Item extends z.ZodType>(item: Item) => z.object({ items: z.array(item) });

/** A page of a list, and the cursor that requests the next one; null on the last page. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.string().nullable() });

export const PageQuery = z.object({
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

/** A condition of a list, as a query writes it. */
export const TrueOrFalse = z.enum(["true", "false"]).transform((text) => text === "true");

/** The order of a list: the position before its first item, and the position of an item. */
export interface Order<Item, Position> {
  readonly start: Position;
  readonly positionOf: (item: Item) => Position;
}

export const BY_ID: Order<{ readonly id: string }, string> = { start: "", positionOf: ({ id }) => id };
export const BY_ORDINAL: Order<{ readonly ordinal: number }, number> = {
  start: -1,
  positionOf: ({ ordinal }) => ordinal,
};

/**
 * Reads one page of a list, with the cursor of the next one: the item beyond `limit` shows that there is one.
 * @throws HttpProblem 400 when the cursor was not made for a list in this order
 */
export const readPage = async <Item, Position>(
  { cursor, limit }: z.infer<typeof PageQuery>,
  { start, positionOf }: Order<Item, Position>,
  read: (page: { readonly after: Position; readonly limit: number }) => Promise<Item[]>,
): Promise<{ items: Item[]; next: string | null }> => {
  const after = cursor === undefined ? start : decodeCursor(cursor, start);
  const found = await read({ after, limit: limit + 1 });
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, next: found.length > limit && last !== undefined ? encodeCursor(positionOf(last)) : null };
};

/** A cursor is opaque: clients send it back unchanged. */
const encodeCursor = (position: unknown): string => Buffer.from(JSON.stringify(position)).toString("base64url");

const decodeCursor = <Position>(cursor: string, start: Position): Position => {
  try {
    const position: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    if (typeof position === typeof start && (typeof position !== "number" || Number.isSafeInteger(position)))
      return position as Position;
  } catch {
    // Not JSON: refused below, like a position of another type.
  }
  throw new HttpProblem(400, "bad-cursor", "The cursor can't be read: use `next` of the page before, unchanged.");
};
