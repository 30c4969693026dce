import { and, desc, eq, isNotNull, ne } from "drizzle-orm";
import { splitEvidence } from "../../domain/image/block-evidence.ts";
import { type HashBlock, lengthFault } from "../../domain/image/hash-block.ts";
import { members } from "../../domain/primitives/bit-set.ts";
import { type MissingDataError, missingData } from "../../runtime/errors.ts";
import type { Db } from "../open.ts";
import { job } from "../schema.ts";
import { readEvidenceParts } from "./block-evidence.ts";
import { type BlockRow, readBlocks } from "./hash-blocks.ts";

/** Blocks that are not stored although they were hashed, or that are cut short: what needs them can't be done. */
const missingBlocks = (catalogId: string, faults: readonly string[]): MissingDataError =>
  missingData(
    faults.map((fault) => `${fault} of catalog ${catalogId}`),
    "A job of mode full hashes again what is missing; replay with apply restores it from the log.",
  );

/** @throws MissingDataError where one of these blocks is not among the stored ones */
export const requireStored = (
  catalogId: string,
  expected: Iterable<number>,
  stored: { has(block: number): boolean },
): void => {
  const missing = [...expected].filter((block) => !stored.has(block));
  if (missing.length > 0)
    throw missingBlocks(
      catalogId,
      missing.map((block) => `block ${block}`),
    );
};

/** @param hashBits undefined = of any length. @throws MissingDataError where a column of the block is cut short */
export const requireWhole = (
  catalogId: string,
  row: Partial<BlockRow> & Pick<BlockRow, "block">,
  hashBits?: number,
): void => {
  const fault = lengthFault(row, hashBits);
  if (fault !== null) throw missingBlocks(catalogId, [`${fault} of block ${row.block}`]);
};

/** Which blocks are read: of this format, where one is named. */
interface RequiredBlocks {
  readonly catalogId: string;
  readonly numbers: readonly number[];
  readonly hashFormat?: string;
  readonly hashBits?: number;
}

/** As {@link readBlocks}, for blocks that must be stored. @throws MissingDataError where one is not, or is cut short */
export async function* readRequired<Column extends keyof BlockRow>(
  db: Db,
  { catalogId, numbers, hashFormat, hashBits }: RequiredBlocks,
  columns: readonly Column[],
): AsyncGenerator<Pick<BlockRow, Column | "block">> {
  const stored = new Set<number>();
  for await (const row of readBlocks(db, catalogId, numbers, ["block", ...columns], hashFormat)) {
    requireWhole(catalogId, row, hashBits);
    stored.add(row.block);
    yield row;
  }
  requireStored(catalogId, numbers, stored);
}

/**
 * The evidence of each position of a stored block; null where it has none.
 * @throws MissingDataError where a part of it is not stored, or is not what its block has the digest of
 */
export const readEvidence = async (
  db: Db,
  catalogId: string,
  block: Pick<HashBlock, "block" | "evidenceDigest" | "states">,
): Promise<(Uint8Array | null)[]> => {
  const { parts, fault } = await readEvidenceParts(db, catalogId, block);
  if (fault !== null) throw missingBlocks(catalogId, [`${fault} of block ${block.block}`]);
  if (parts.length === 0) return Array.from(block.states, () => null);
  const evidence = splitEvidence(Buffer.concat(parts), block.states.length);
  if (evidence === null) throw missingBlocks(catalogId, [`part of the evidence of block ${block.block}`]);
  return evidence;
};

/**
 * The blocks of a catalog that were hashed, and so must be stored: those that its newest job has, or had before it. They
 * are read before the blocks themselves, because a job may hash others meanwhile.
 */
export const hashedBlocks = async (db: Db, catalogId: string): Promise<number[]> => {
  const [newest] = await db
    .select({ done: job.blocksDone, count: job.totalBlocks })
    .from(job)
    .where(and(eq(job.catalogId, catalogId), isNotNull(job.blockSize), ne(job.mode, "shadow")))
    .orderBy(desc(job.acceptedAt), desc(job.id))
    .limit(1);
  return newest === undefined ? [] : [...members(newest.done, newest.count)];
};
