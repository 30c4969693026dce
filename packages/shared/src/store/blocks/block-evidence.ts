import { and, asc, eq, sql } from "drizzle-orm";
import type { HashBlock } from "../../domain/image/hash-block.ts";
import { partDigest, resultDigest } from "../../domain/job/digest.ts";
import type { EventOf } from "../../domain/job/events.ts";
import type { Db } from "../open.ts";
import { blockEvidence } from "../schema.ts";
import { onlyRow } from "../sql.ts";

/** A block, with the digest of its evidence; null = it has none. */
export type EvidenceOf = Pick<HashBlock, "block" | "evidenceDigest">;

/** Stores a part of a block's evidence once. What is stored under its digest and has other bytes was damaged, and is replaced. */
export const storeEvidence = async (
  db: Db,
  catalogId: string,
  part: EventOf<"block-evidence">["body"],
): Promise<void> => {
  const { block, evidenceDigest, evidence } = part;
  const set = { evidence, digest: partDigest(evidence) };
  await db
    .insert(blockEvidence)
    .values({ catalogId, block, evidenceDigest, part: part.part, ...set })
    .onConflictDoUpdate({
      target: [blockEvidence.catalogId, blockEvidence.block, blockEvidence.evidenceDigest, blockEvidence.part],
      set,
      setWhere: sql`${blockEvidence.evidence} <> excluded.evidence or ${blockEvidence.digest} <> excluded.digest`,
    });
};

/** Whether all parts of a block's evidence are stored. */
export const hasEvidence = async (
  db: Db,
  catalogId: string,
  { block, evidenceDigest }: EvidenceOf,
): Promise<boolean> => {
  if (evidenceDigest === null) return true;
  const { rows } = await db.execute<{ digest: string }>(sql`
    select digest from block_evidence
    where catalog_id = ${catalogId} and block = ${block} and evidence_digest = ${evidenceDigest} order by part`);
  return resultDigest(rows.map(({ digest }) => digest)) === evidenceDigest;
};

/** Deletes the parts that are not of the block's evidence: of what the block was before, or of attempts that did not finish. */
export const dropOtherEvidence = async (
  db: Db,
  catalogId: string,
  { block, evidenceDigest }: EvidenceOf,
): Promise<void> => {
  await db.execute(sql`
    delete from block_evidence
    where catalog_id = ${catalogId} and block = ${block} and evidence_digest is distinct from ${evidenceDigest}`);
};

/** The stored parts of a block's evidence, and what is wrong with them; null = nothing. */
export const readEvidenceParts = async (
  db: Db,
  catalogId: string,
  { block, evidenceDigest }: EvidenceOf,
): Promise<{ parts: Uint8Array[]; fault: string | null }> => {
  if (evidenceDigest === null) return { parts: [], fault: null };
  const rows = await db
    .select({ part: blockEvidence.part, evidence: blockEvidence.evidence, digest: blockEvidence.digest })
    .from(blockEvidence)
    .where(
      and(
        eq(blockEvidence.catalogId, catalogId),
        eq(blockEvidence.block, block),
        eq(blockEvidence.evidenceDigest, evidenceDigest),
      ),
    )
    .orderBy(asc(blockEvidence.part));
  return { parts: rows.map(({ evidence }) => evidence), fault: faultOf(rows, evidenceDigest) };
};

interface StoredPart {
  readonly part: number;
  readonly evidence: Uint8Array;
  readonly digest: string;
}

const faultOf = (parts: readonly StoredPart[], evidenceDigest: string): string | null => {
  if (parts.length === 0) return "the evidence";
  for (const [index, { part, evidence, digest }] of parts.entries()) {
    if (part !== index) return `part ${index} of the evidence`;
    if (partDigest(evidence) !== digest) return `the bytes of part ${part} of the evidence`;
  }
  return resultDigest(parts.map(({ digest }) => digest)) === evidenceDigest ? null : "a part of the evidence";
};

/** Bytes that are stored of the hashes and the evidence of a catalog's images. */
export const countStoredBytes = async (db: Db, catalogId: string): Promise<number> => {
  const counted = await db.execute<{ bytes: number }>(sql`
    select (
      select coalesce(sum(pg_column_size(states) + pg_column_size(hashes) + pg_column_size(signatures)
        + pg_column_size(content_digests) + pg_column_size(picture_digests) + pg_column_size(details)), 0)
      from hash_block where catalog_id = ${catalogId}
    )::float8 + (
      select coalesce(sum(pg_column_size(evidence)), 0) from block_evidence where catalog_id = ${catalogId}
    )::float8 as bytes`);
  return onlyRow(counted).bytes;
};
