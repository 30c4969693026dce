import { and, asc, eq, inArray, lt, ne, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { countState, type HashBlock, STATE } from "../../domain/image/hash-block.ts";
import { hashBlockDigest } from "../../domain/job/digest.ts";
import type { Db } from "../open.ts";
import { catalog, hashBlock, type job } from "../schema.ts";
import { dropOtherEvidence, readEvidenceParts } from "./block-evidence.ts";

type BlockOrigin = Pick<BlockRow, "catalogId" | "jobId" | "hashFormat" | "digest">;

/**
 * Stores a block once for each hash format. It replaces a block of another format; `db` must be a transaction.
 * @param replaces whether the job's listing did not take the stored block for one: then it was damaged
 */
export const storeHashBlock = async (
  db: Db,
  origin: BlockOrigin,
  block: HashBlock,
  replaces = false,
): Promise<void> => {
  const row = { ...origin, ...block, failedImages: countState(block, "failed") };
  const isOfOtherFormat = ne(hashBlock.hashFormat, origin.hashFormat);
  const written = await db
    .insert(hashBlock)
    .values(row)
    .onConflictDoUpdate({
      target: [hashBlock.catalogId, hashBlock.block],
      set: row,
      setWhere: replaces ? sql`${isOfOtherFormat} or ${hashBlock.jobId} <> ${origin.jobId}` : isOfOtherFormat,
    })
    // Only a row that an update has written has the number of a transaction in xmax.
    .returning({ isNew: sql<boolean>`xmax = 0` });
  if (written.length > 0) await dropOtherEvidence(db, origin.catalogId, block);
  if (written.some(({ isNew }) => !isNew)) await invalidateBlocks(db, origin.catalogId);
};

/** Makes what processes have cached of a catalog's blocks invalid; in the transaction that replaces some of them. */
export const invalidateBlocks = async (db: Db, catalogId: string): Promise<void> => {
  await db
    .update(catalog)
    .set({ blockRevision: sql`${catalog.blockRevision} + 1` })
    .where(eq(catalog.id, catalogId));
};

/** The revision of a catalog's blocks for the cache; 0 where the catalog was deleted, and has no blocks. */
export const readBlockRevision = async (db: Db, catalogId: string): Promise<number> => {
  const rows = await db.select({ revision: catalog.blockRevision }).from(catalog).where(eq(catalog.id, catalogId));
  return rows[0]?.revision ?? 0;
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
  const fields: Record<string, PgColumn> = Object.fromEntries(columns.map((column) => [column, hashBlock[column]]));
  // drizzle infers no row type from columns that are named at run time.
  const rows: unknown[] = await db
    .select(fields)
    .from(hashBlock)
    .where(and(eq(hashBlock.catalogId, catalogId), condition))
    .orderBy(asc(hashBlock.block));
  return rows as Pick<BlockRow, Column>[];
};

const BLOCKS_PER_QUERY = 32;

/** Blocks with hashes of this format. A catalog has two while a job in mode full hashes it again. */
export const hasFormat = (hashFormat: string): SQL => eq(hashBlock.hashFormat, hashFormat);

/** What a block must have so that it is not hashed again. */
export interface HashedAs {
  readonly hashFormat: string;
  /** Whether the pictures' evidence has local features; null: it does not count. */
  readonly features: boolean | null;
}

/** Blocks that were hashed as it is expected now. */
export const isHashedAs = ({ hashFormat, features }: HashedAs): SQL | undefined =>
  and(hasFormat(hashFormat), features === null ? undefined : eq(sql`(${hashBlock.features} > 0)`, features));

/**
 * Streams the named columns of those of the blocks that are stored, in the order of `numbers` if that
 * is ascending. Few blocks are in memory at a time.
 * @param hashFormat only blocks of this format; left out: of any, for readers that compare no hashes
 */
export async function* readBlocks<Column extends BlockColumn>(
  db: Db,
  catalogId: string,
  numbers: readonly number[],
  columns: readonly Column[],
  hashFormat?: string,
): AsyncGenerator<Pick<BlockRow, Column>> {
  for (let from = 0; from < numbers.length; from += BLOCKS_PER_QUERY)
    yield* await listBlocks(
      db,
      catalogId,
      columns,
      and(
        inArray(hashBlock.block, numbers.slice(from, from + BLOCKS_PER_QUERY)),
        hashFormat === undefined ? undefined : hasFormat(hashFormat),
      ),
    );
}

/** The job's blocks that have flat images. */
export const listFlats = (db: Db, { catalogId, hashFormat, totalBlocks }: typeof job.$inferSelect) =>
  listBlocks(
    db,
    catalogId,
    ["block", "states", "contentDigests"],
    and(
      lt(hashBlock.block, totalBlocks),
      hasFormat(hashFormat),
      sql`position(${Buffer.of(STATE.flat)}::bytea in ${hashBlock.states}) > 0`,
    ),
  );

/** What a block's digest is computed over, and the digest. */
export const DIGESTED_COLUMNS = [
  "block",
  "states",
  "hashes",
  "signatures",
  "contentDigests",
  "pictureDigests",
  "details",
  "evidenceDigest",
  "features",
  "digest",
] as const;

/** The stored blocks that were hashed so whose bytes have their digest, as their evidence has, ascending. All of all blocks is read. */
export const soundBlocks = async (
  db: Db,
  catalogId: string,
  expected: HashedAs,
): Promise<Pick<BlockRow, "block" | "states">[]> => {
  const stored = await listBlocks(db, catalogId, ["block"], isHashedAs(expected));
  const numbers = stored.map(({ block }) => block);
  const sound = [];
  for await (const row of readBlocks(db, catalogId, numbers, DIGESTED_COLUMNS, expected.hashFormat))
    if (hashBlockDigest(row) === row.digest && (await readEvidenceParts(db, catalogId, row)).fault === null)
      sound.push({ block: row.block, states: row.states.slice() });
  return sound;
};

/** All that two images are compared by. */
export const COMPARED_COLUMNS = ["block", "states", "hashes", "signatures", "contentDigests"] as const;
