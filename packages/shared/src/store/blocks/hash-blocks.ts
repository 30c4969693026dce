import { and, asc, eq, inArray, lt, sql } from "drizzle-orm";
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

/** The blocks of `numbers` that are stored, in order, hashes and states only. */
export const readHashes = (db: Db, catalogId: string, numbers: readonly number[]) =>
  db
    .select({ block: hashBlock.block, states: hashBlock.states, hashes: hashBlock.hashes })
    .from(hashBlock)
    .where(and(eq(hashBlock.catalogId, catalogId), inArray(hashBlock.block, [...numbers])))
    .orderBy(asc(hashBlock.block));

/** Which blocks are stored, and the digest of each. */
export const blockDigests = (db: Db, catalogId: string) =>
  db
    .select({ block: hashBlock.block, digest: hashBlock.digest })
    .from(hashBlock)
    .where(eq(hashBlock.catalogId, catalogId));

/** Some whole blocks. */
export const readBlocks = (db: Db, catalogId: string, numbers: readonly number[]) =>
  db
    .select()
    .from(hashBlock)
    .where(and(eq(hashBlock.catalogId, catalogId), inArray(hashBlock.block, [...numbers])));

const BLOCKS_PER_QUERY = 32;

/** The numbers of the first `count` blocks. */
export const blocksBelow = (count: number): number[] => Array.from({ length: count }, (_, block) => block);

/** Hashes of some blocks, ascending, a few blocks at a time: never all in memory. */
export async function* streamHashes(db: Db, catalogId: string, numbers: readonly number[]) {
  for (let from = 0; from < numbers.length; from += BLOCKS_PER_QUERY) {
    yield* await db
      .select({
        block: hashBlock.block,
        states: hashBlock.states,
        hashes: hashBlock.hashes,
        signatures: hashBlock.signatures,
        contentDigests: hashBlock.contentDigests,
      })
      .from(hashBlock)
      .where(
        and(eq(hashBlock.catalogId, catalogId), inArray(hashBlock.block, numbers.slice(from, from + BLOCKS_PER_QUERY))),
      )
      .orderBy(asc(hashBlock.block));
  }
}

/** Of the blocks below `blocks`, those that have flat images. */
export const readFlats = (db: Db, catalogId: string, blocks: number) =>
  db
    .select({ block: hashBlock.block, states: hashBlock.states, contentDigests: hashBlock.contentDigests })
    .from(hashBlock)
    .where(
      and(
        eq(hashBlock.catalogId, catalogId),
        lt(hashBlock.block, blocks),
        sql`position(${Buffer.of(STATE.flat)}::bytea in ${hashBlock.states}) > 0`,
      ),
    );

/** What is known of the images of some blocks, ascending, a few blocks at a time. */
export async function* streamHashBlocks(db: Db, catalogId: string, numbers: readonly number[]) {
  for (let from = 0; from < numbers.length; from += BLOCKS_PER_QUERY) {
    yield* await db
      .select({
        block: hashBlock.block,
        states: hashBlock.states,
        contentDigests: hashBlock.contentDigests,
        details: hashBlock.details,
      })
      .from(hashBlock)
      .where(
        and(eq(hashBlock.catalogId, catalogId), inArray(hashBlock.block, numbers.slice(from, from + BLOCKS_PER_QUERY))),
      )
      .orderBy(asc(hashBlock.block));
  }
}

/** Numbers and states of all stored blocks: what a new job need not hash again. */
export const hashedBlocks = (db: Db, catalogId: string) =>
  db
    .select({ block: hashBlock.block, states: hashBlock.states })
    .from(hashBlock)
    .where(eq(hashBlock.catalogId, catalogId));
