import { sql } from "drizzle-orm";
import { LRUCache } from "lru-cache";

/** Uses after which a statement is prepared. */
const HOT_USES = 10;
/** Each takes memory of each connection. */
const MAX_PREPARED = 200;
/** Statements whose uses are counted. */
const COUNTED = 1_000;
/** A longer text has lists of values in it, which are others each time. */
const MAX_CHARACTERS = 8_000;

const MARK = "/* planned each time */";
/** A condition that is always true, in a statement whose best plan depends on its values. */
export const PLANNED_EACH_TIME = sql.raw(`${MARK} true`);

interface Statement {
  readonly text: string;
}

/** Whether it has a text, as drizzle's have, and is neither named already nor a stream of its own, as COPY is. */
const isStatement = (query: unknown): query is Statement =>
  typeof query === "object" &&
  query !== null &&
  "text" in query &&
  typeof query.text === "string" &&
  query.text.length <= MAX_CHARACTERS &&
  !query.text.includes(MARK) &&
  !("submit" in query) &&
  (!("name" in query) || query.name === undefined);

/**
 * Names the statements that are used again and again. A connection prepares a statement with a name when it first uses it.
 * @see https://node-postgres.com/features/queries#prepared-statements
 */
export class HotStatements {
  readonly #uses = new LRUCache<string, number>({ max: COUNTED });
  readonly #names = new Map<string, string>();

  /** The query with a name, if it is a statement that is used often; else as it is. */
  named(query: unknown): unknown {
    if (!isStatement(query)) return query;
    const name = this.#names.get(query.text) ?? this.#nameAfterUse(query.text);
    return name === null ? query : { ...query, name };
  }

  #nameAfterUse(text: string): string | null {
    const uses = (this.#uses.get(text) ?? 0) + 1;
    if (uses < HOT_USES || this.#names.size >= MAX_PREPARED) {
      this.#uses.set(text, uses);
      return null;
    }
    const name = `hot_${this.#names.size}`;
    this.#names.set(text, name);
    return name;
  }
}
