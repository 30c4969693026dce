import { and, asc, eq, inArray, lt, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { countState, type HashBlock, STATE } from "../../domain/image/hash-block.ts";
import type { Db } from "../open.ts";
import { hashBlock } from "../schema.ts";

/** Stores a block once. False when the block is there already. */
export const insertHashBlock = async (
  db: Db,
  catalogId: string,
  jobId: string,
  digest: string,
  block: HashBlock,
): Promise<boolean> => {
  const rows = await db
    .insert(hashBlock)
    .values({ catalogId, jobId, digest, ...block, failedImages: countState(block, "failed") })
    .onConflictDoNothing()
    .returning({ block: hashBlock.block });
  return rows.length === 1;
};

export type BlockRow = typeof hashBlock.$inferSelect;
type BlockColumn = keyof BlockRow;

/** Block numbers below `count`. */
export const blocksBelow = (count: number): number[] => Array.from({ length: count }, (_, block) => block);

/** The named columns of the catalog's stored blocks, ascending, in one query: for columns that are small. */
export const listBlocks = async <Column extends BlockColumn>(
  db: Db,
  catalogId: string,
  columns: readonly Column[],
  condition?: SQL,
): Promise<Pick<BlockRow, Column>[]> => {
  const selected: Record<string, PgColumn> = Object.fromEntries(columns.map((column) => [column, hashBlock[column]]));
  // drizzle infers no row type from columns that are named at run time.
  const rows: unknown[] = await db
    .select(selected)
    .from(hashBlock)
    .where(and(eq(hashBlock.catalogId, catalogId), condition))
    .orderBy(asc(hashBlock.block));
  return rows as Pick<BlockRow, Column>[];
};

const BLOCKS_PER_QUERY = 32;

/**
 * Streams the named columns of those of the blocks that are stored, in the order of `numbers` if that
 * is ascending. Few blocks are in memory at a time.
 */
export async function* readBlocks<Column extends BlockColumn>(
  db: Db,
  catalogId: string,
  numbers: readonly number[],
  columns: readonly Column[],
): AsyncGenerator<Pick<BlockRow, Column>> {
  for (let from = 0; from < numbers.length; from += BLOCKS_PER_QUERY)
    yield* await listBlocks(
      db,
      catalogId,
      columns,
      inArray(hashBlock.block, numbers.slice(from, from + BLOCKS_PER_QUERY)),
    );
}

/** The blocks below `end` that have flat images. */
export const listFlats = (db: Db, catalogId: string, end: number) =>
  listBlocks(
    db,
    catalogId,
    ["block", "states", "contentDigests"],
    and(lt(hashBlock.block, end), sql`position(${Buffer.of(STATE.flat)}::bytea in ${hashBlock.states}) > 0`),
  );

/** All that two images are compared by. */
export const COMPARED_COLUMNS = ["block", "states", "hashes", "signatures", "contentDigests"] as const;

/** Which blocks are stored, and the digest of each. @param numbers only these; left out: all of the catalog */
export const listDigests = (db: Db, catalogId: string, numbers?: readonly number[]): Promise<BlockDigest[]> =>
  listBlocks(db, catalogId, ["block", "digest"], numbers && inArray(hashBlock.block, [...numbers]));

/** A stored block's number, and the digest that its bytes have now. */
export type BlockDigest = Pick<BlockRow, "block" | "digest">;
