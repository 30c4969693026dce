import { sql } from "drizzle-orm";
import type { Db } from "../open.ts";
import { verifiedPair } from "../schema.ts";

/** Two files by their SHA-256, the smaller digest first. */
export interface ContentPair {
  readonly first: Uint8Array;
  readonly second: Uint8Array;
}

const PAIRS_PER_QUERY = 1_000;

/** The stored verdict of each pair, encoded; undefined where nobody has looked at it. In the order of `pairs`. */
export const findVerdicts = async (
  db: Db,
  tenant: string,
  version: number,
  pairs: readonly ContentPair[],
): Promise<(Uint8Array | undefined)[]> => {
  const found: (Uint8Array | undefined)[] = [];
  for (let from = 0; from < pairs.length; from += PAIRS_PER_QUERY) {
    const part = pairs.slice(from, from + PAIRS_PER_QUERY);
    const [first, second] = [part.map((pair) => pair.first), part.map((pair) => pair.second)];
    const { rows } = await db.execute<{ verdict: Buffer | null }>(sql`
      select verdict from unnest(${sql.param(first)}::bytea[], ${sql.param(second)}::bytea[])
        with ordinality as requested(first, second, number)
      left join verified_pair pair on pair.tenant = ${tenant} and pair.version = ${version}
        and pair.first = requested.first and pair.second = requested.second
      order by number`);
    found.push(...rows.map(({ verdict }) => verdict ?? undefined));
  }
  return found;
};

/** Stores verdicts once: a second one of the same pair and version is the same. */
export const insertVerdicts = async (db: Db, rows: readonly (typeof verifiedPair.$inferInsert)[]): Promise<void> => {
  if (rows.length > 0)
    await db
      .insert(verifiedPair)
      .values([...rows])
      .onConflictDoNothing();
};
