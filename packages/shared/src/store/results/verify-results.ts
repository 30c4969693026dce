import { and, asc, eq, ne, sql } from "drizzle-orm";
import { partDigest, resultDigest } from "../../domain/job/digest.ts";
import { has } from "../../domain/primitives/bit-set.ts";
import type { Db } from "../open.ts";
import { verifyResult } from "../schema.ts";
import { lineageOfJob, missingEdges } from "./compare-results.ts";

/** A verification task's result, or its parts: two attempts may differ, where a file vanished between them. */
interface ResultOf {
  readonly jobId: string;
  readonly task: number;
  readonly resultDigest: string;
}

const isOf = ({ jobId, task, resultDigest: digest }: ResultOf) =>
  and(eq(verifyResult.jobId, jobId), eq(verifyResult.task, task), eq(verifyResult.resultDigest, digest));

/** Stores a part of a task's result under the digest of the whole, once. */
export const insertVerifyResult = async (db: Db, of: ResultOf, part: number, results: Uint8Array): Promise<void> => {
  const row = { ...of, part, results, digest: partDigest(results) };
  await db.insert(verifyResult).values(row).onConflictDoNothing();
};

/**
 * Records the result that its event names as that of the task, and deletes those of other attempts.
 * @returns false where not all its parts are stored
 */
export const recordVerifyResult = async (db: Db, of: ResultOf): Promise<boolean> => {
  const rows = await db.query.verifyResult.findMany({
    columns: { digest: true },
    where: isOf(of),
    orderBy: asc(verifyResult.part),
  });
  if (rows.length === 0 || resultDigest(rows.map(({ digest }) => digest)) !== of.resultDigest) return false;
  await db.update(verifyResult).set({ isRecorded: true }).where(isOf(of));
  await db
    .delete(verifyResult)
    .where(
      and(
        eq(verifyResult.jobId, of.jobId),
        eq(verifyResult.task, of.task),
        ne(verifyResult.resultDigest, of.resultDigest),
      ),
    );
  return true;
};

const ROWS_PER_QUERY = 64;

export type VerifyResultRow = typeof verifyResult.$inferSelect;

/** Streams the recorded results of a job's own tasks, task by task, part by part. */
export async function* readVerifyResults(db: Db, jobId: string): AsyncGenerator<VerifyResultRow> {
  for (let after = { task: -1, part: 0 }; ; ) {
    const rows = await db.query.verifyResult.findMany({
      where: and(
        eq(verifyResult.jobId, jobId),
        verifyResult.isRecorded,
        sql`(${verifyResult.task}, ${verifyResult.part}) > (${after.task}, ${after.part})`,
      ),
      orderBy: [asc(verifyResult.task), asc(verifyResult.part)],
      limit: ROWS_PER_QUERY,
    });
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last;
  }
}

/** Tasks of a job that found edges, and whose verification is not recorded. */
export const unverifiedTasks = async (db: Db, jobId: string): Promise<number[]> => {
  const { rows } = await db.execute<{ task: number }>(sql`
    select distinct task from compare_result where job_id = ${jobId} and edge_count > 0
    except select task from verify_result where job_id = ${jobId} and is_recorded order by task`);
  return rows.map(({ task }) => task);
};

/**
 * Streams the verdicts that a job is grouped by: those of the finished jobs that it builds on, then its own.
 * @throws MissingDataError where verdicts or a job are not stored
 */
export async function* streamVerdicts(db: Db, jobId: string): AsyncGenerator<Pick<VerifyResultRow, "results">> {
  for (const { id, verifyDone } of await lineageOfJob(db, jobId)) {
    const [lost] = (await unverifiedTasks(db, id)).filter((task) => has(verifyDone, task));
    if (lost !== undefined) throw missingEdges(id, `all verdicts of task ${lost}`);
    let parts: VerifyResultRow[] = [];
    const requireWhole = (): void => {
      const [first] = parts;
      const fault = first === undefined ? null : faultOfResult(parts);
      if (fault !== null) throw missingEdges(id, `${fault} of the verdicts of task ${first?.task}`);
    };
    for await (const row of readVerifyResults(db, id)) {
      if (parts[0]?.task !== row.task) {
        requireWhole();
        parts = [];
      }
      parts.push(row);
      yield row;
    }
    requireWhole();
  }
}

/** What is missing of a task's recorded parts, or damaged; null = nothing. */
export const faultOfResult = (
  parts: readonly Pick<VerifyResultRow, "part" | "results" | "digest" | "resultDigest">[],
): string | null => {
  const [first] = parts;
  if (first === undefined) return "the whole result";
  const lost = parts.findIndex(({ part }, index) => part !== index);
  if (lost >= 0) return `part ${lost}`;
  const damaged = parts.find(({ results, digest }) => partDigest(results) !== digest);
  if (damaged !== undefined) return `part ${damaged.part} as it was`;
  return resultDigest(parts.map(({ digest }) => digest)) === first.resultDigest ? null : "a part of the result";
};
