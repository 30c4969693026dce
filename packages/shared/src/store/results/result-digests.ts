import { sql } from "drizzle-orm";
import {
  type FinalizationNumbers,
  finalizationDigest,
  groupDigest,
  planDigest,
  type ResultDigests,
} from "../../domain/grouping/result-digest.ts";
import { partDigest } from "../../domain/job/digest.ts";
import { members } from "../../domain/primitives/bit-set.ts";
import { type JobRow, jobOf } from "../jobs/jobs.ts";
import type { Db } from "../open.ts";
import { finalization } from "../schema.ts";
import { digestOfRows, integers, onlyRow } from "../sql.ts";
import { groupsDigest, hasGroup, isResult, lineageOf, type Result } from "./results.ts";

/** Which digests the stored rows have, whatever the result says. Those of rows are taken from them, and not computed again. */
export const digestsOfRows = async (
  db: Db,
  job: JobRow,
  result: Result,
): Promise<Omit<ResultDigests, "result" | "equalImages">> => {
  const doneBlocks = integers(members(job.blocksDone, job.totalBlocks));
  const doneTasks = integers(members(job.tasksDone, job.totalTasks));
  const found = await db.execute<Record<"blocks" | "edges" | "matches", string>>(sql`
    select (select ${digestOfRows(sql`concat_ws(':', block, job_id, hash_format, failed_images, digest)`, sql`block`)}
        from hash_block where catalog_id = ${job.catalogId} and block = any(${doneBlocks})) as blocks,
      (select ${digestOfRows(sql`concat_ws(':', task, part, edge_count, digest, result_digest)`, sql`task, part`)}
        from compare_result where job_id = ${job.id} and task = any(${doneTasks})) as edges,
      (select ${digestOfRows(sql`concat_ws(':', ordinal, reference_ordinal, distance, equal_bytes)`, sql`ordinal`)}
        from reference_match where job_id = ${result.jobId} and run = ${result.run}) as matches`);
  const verdicts = job.verification ? { verdicts: await verdictsDigest(db, job) } : {};
  return { ...onlyRow(found), ...verdicts, groups: await groupsDigest(db, result), plan: planDigest(jobOf(job)) };
};

const verdictsDigest = async (db: Db, { id }: JobRow): Promise<string> => {
  const found = await db.execute<{ digest: string }>(sql`
    select ${digestOfRows(sql`concat_ws(':', task, part, digest, result_digest)`, sql`task, part`)} as digest
    from verify_result where job_id = ${id} and is_recorded`);
  return onlyRow(found).digest;
};

const DIGEST_BYTES = 32;

/** All that the row of an image says, as text that depends on no setting of the session. */
const IMAGE_TEXT = sql`(jsonb_build_array(ordinal, encode(path, 'hex'), fingerprint, bytes, extract(epoch from modified_at),
  encode(given_hash, 'hex'), width, height, failure, listed_in, vanished_in, moved_in, vanished_before)
  || case when given_evidence is null then '[]' else jsonb_build_array(encode(sha256(given_evidence), 'hex')) end)::text`;

/**
 * A digest of the rows of each block's images, one after the other; those of `numbers` are computed from the rows.
 * @param earlier the digests of the other blocks
 */
export const imageDigests = async (
  db: Db,
  { catalogId, blockSize, totalBlocks }: { catalogId: string; blockSize: number; totalBlocks: number },
  numbers: readonly number[],
  earlier: Uint8Array = new Uint8Array(0),
): Promise<Uint8Array> => {
  const digests = new Uint8Array(totalBlocks * DIGEST_BYTES);
  digests.set(earlier.subarray(0, digests.length));
  const { rows } = await db.execute<{ block: number; digest: Buffer }>(sql`
    select block, digest from unnest(${integers(numbers)}) as block cross join lateral (
      select decode(${digestOfRows(IMAGE_TEXT, sql`ordinal`)}, 'hex') as digest
      from image where catalog_id = ${catalogId}
        and ordinal >= block * ${blockSize}::int and ordinal < (block + 1) * ${blockSize}::int) as of_block`);
  for (const { block, digest } of rows) digests.set(digest, block * DIGEST_BYTES);
  return digests;
};

/** The blocks of which two {@link imageDigests} differ. */
export const differingBlocks = (a: Uint8Array, b: Uint8Array): number[] => {
  const digestAt = (digests: Uint8Array, block: number): Uint8Array =>
    digests.subarray(block * DIGEST_BYTES, (block + 1) * DIGEST_BYTES);
  const count = Math.max(a.length, b.length) / DIGEST_BYTES;
  return Array.from({ length: count }, (_, block) => block).filter(
    (block) => Buffer.compare(digestAt(a, block), digestAt(b, block)) !== 0,
  );
};

/** Stores the digests of a stored result, in the transaction that stores it, after all its rows. */
export const sealResult = async (
  db: Db,
  job: JobRow,
  stored: Omit<FinalizationNumbers, "decisions" | "imageDigests">,
  found: { readonly decisions: number; readonly imageDigests: Uint8Array; readonly equalImages: Uint8Array },
): Promise<void> => {
  const { decisions, imageDigests: images } = found;
  const ofRows = await digestsOfRows(db, job, stored);
  const digests = { ...ofRows, equalImages: partDigest(found.equalImages) };
  const whole = finalizationDigest({ ...stored, decisions, imageDigests: images }, digests);
  await db
    .update(finalization)
    .set({ decisions, imageDigests: images, digests: { ...digests, result: whole } })
    .where(isResult(stored));
};

/** All that is stored of a result besides its groups. */
export const findFinalization = async (db: Db, result: Result): Promise<typeof finalization.$inferSelect | null> =>
  (await db.query.finalization.findFirst({ where: isResult(result) })) ?? null;

type CheckedGroup = Parameters<typeof groupDigest>[0] & { readonly digest: string | null };

const GROUPS_PER_QUERY = 2_000;

/** Streams a result's groups with their members, by number, for checking them. */
export async function* readGroups(db: Db, result: Result): AsyncGenerator<CheckedGroup> {
  for (let after = -1; ; ) {
    const { rows } = await db.execute<CheckedGroup & Record<string, unknown>>(sql`
      select number, kind, keeper, keeper_reason as "keeperReason", size, reclaimable_bytes::float8 as "reclaimableBytes", digest,
        (select coalesce(json_agg(json_build_object('ordinal', ordinal, 'distance', distance, 'damaged', damaged,
             'sameFileAs', same_file_as, 'kind', member.kind, 'probability', probability, 'via', via, 'comparison', comparison) order by ordinal), '[]')
         from group_member member where member.lineage = image_group.lineage and member.number = image_group.number) as members
      from image_group where ${hasGroup(result)} and number > ${after}
      order by number limit ${GROUPS_PER_QUERY}`);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.number;
  }
}

/** Whether the digest of a group is that of what is stored of it. */
export const isIntact = (group: CheckedGroup): boolean => groupDigest(group) === group.digest;

/** Numbers of the lineage's groups that are of no step, and of members without a group: no result would show them. */
export const strayNumbers = async (db: Db, result: Result): Promise<number[]> => {
  const lineage = lineageOf(result);
  const { rows } = await db.execute<{ number: number }>(sql`
    select distinct number from group_member where lineage = ${lineage}
      and number not in (select number from image_group where lineage = ${lineage})
    union
    select number from image_group where lineage = ${lineage}
      and (from_step not in (select step from finalization where lineage = ${lineage})
        or to_step not in (select step from finalization where lineage = ${lineage}) or to_step <= from_step)
    order by number limit 100`);
  return rows.map(({ number }) => number);
};

/** Numbers of a result's groups that name a decision which the catalog does not have, or which is about other images. */
export const undecidedMarks = async (db: Db, catalogId: string, result: Result): Promise<number[]> => {
  const { rows } = await db.execute<{ number: number }>(sql`
    select number from image_group, unnest(array[decision_id, reopened_id]) as marked
    where ${hasGroup(result)} and marked is not null and not exists (
      select from decision where decision.id = marked and decision.catalog_id = ${catalogId}
        and keeper = any(decision.members))
    order by number limit 100`);
  return rows.map(({ number }) => number);
};
