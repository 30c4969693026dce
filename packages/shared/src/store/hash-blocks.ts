import { and, asc, eq, gte, inArray, lt } from "drizzle-orm";
import { countState, type HashBlock } from "../domain/hash-block.ts";
import type { Db } from "./open.ts";
import { hashBlock } from "./schema.ts";

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

/** The blocks of `numbers` that are stored, hashes and states only. */
export const readHashes = (db: Db, catalogId: string, numbers: readonly number[]) =>
  db
    .select({ block: hashBlock.block, states: hashBlock.states, hashes: hashBlock.hashes })
    .from(hashBlock)
    .where(and(eq(hashBlock.catalogId, catalogId), inArray(hashBlock.block, [...numbers])));

/** Whole blocks below `blocks`, in order, a few at a time: never all in memory. */
export async function* streamHashBlocks(
  db: Db,
  catalogId: string,
  blocks: number,
  atOnce = 64,
): AsyncGenerator<HashBlock> {
  for (let from = 0; from < blocks; from += atOnce) {
    yield* await db
      .select()
      .from(hashBlock)
      .where(
        and(
          eq(hashBlock.catalogId, catalogId),
          gte(hashBlock.block, from),
          lt(hashBlock.block, Math.min(from + atOnce, blocks)),
        ),
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
