import { type Endpoint, EndpointError, endpoint } from "@lookalike/shared/bus/endpoints";
import { decodeEdges, EdgeList, encodeEdges } from "@lookalike/shared/domain/grouping/edges";
import { partDigest } from "@lookalike/shared/domain/job/digest";
import { listed, planOf } from "@lookalike/shared/domain/job/job";
import { members } from "@lookalike/shared/domain/primitives/bit-set";
import { MissingDataError, messageOf } from "@lookalike/shared/runtime/errors";
import { readBlockRevision } from "@lookalike/shared/store/blocks/hash-blocks";
import { findJob, hasLaterJob, type JobRow, jobOf } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import { readTaskEdges } from "@lookalike/shared/store/results/compare-results";
import { z } from "zod";
import { type Comparer, loadWork } from "../compare/compare-task.ts";
import { storeParts } from "../compare/edge-parts.ts";
import { createEvidenceReader } from "../compare/evidence-reader.ts";
import { createHashReader } from "../compare/hash-reader.ts";
import type { RegroupAnswer } from "./regroup-worker.ts";

const SAMPLED_TASKS = 20;
const PROBLEMS_LISTED = 100;
const CACHE_BYTES = 67_108_864;

interface Verifier extends Pick<Comparer, "db" | "compare"> {
  /** Groups a job again in a worker thread. */
  readonly regroup: (jobId: string) => Promise<RegroupAnswer>;
}

/** The endpoint that computes a completed job's edges and groups again, and compares them with what is stored. */
export const verifyEndpoint = (verifier: Verifier): Endpoint =>
  endpoint({
    name: "verify",
    about: "Compute a job's edges and groups again, and compare",
    request: z.object({
      job: z.string().meta({ description: "Id of a completed job, the newest one of its catalog" }),
      tasks: z
        .enum(["sample", "all"])
        .default("sample")
        .meta({ description: `${SAMPLED_TASKS} comparisons, or all` }),
    }),
    handle: async ({ job: id, tasks }) => {
      const row = await findJob(verifier.db, id);
      if (row === null) throw new EndpointError(404, `${id}: no such job.`);
      if (row.state !== "completed" || row.mode === "shadow")
        throw new EndpointError(
          409,
          `${id} is ${row.state}, and only results of completed jobs can be computed again.`,
        );
      if (await hasLaterJob(verifier.db, row))
        throw new EndpointError(409, `A later job of catalog ${row.catalogId} has changed what ${id} was made of.`);
      const done = [...members(row.tasksDone, row.totalTasks)];
      const chosen = tasks === "all" ? done : sampleOf(done, SAMPLED_TASKS);
      const problems: string[] = [];
      // Hashes are read again: those that the process has cached may not be those that are stored.
      const hashes = createHashReader(verifier.db, CACHE_BYTES);
      const readEvidenceTile = createEvidenceReader(verifier.db, CACHE_BYTES);
      for (const task of chosen)
        problems.push(...(await problemsOf(() => verifyTask({ ...verifier, hashes, readEvidenceTile }, row, task))));
      let groups = 0;
      problems.push(
        ...(await problemsOf(async () => {
          const answer = await verifier.regroup(id);
          groups = answer.groups;
          return answer.problems;
        })),
      );
      // Its tables are read one after another: what changed meanwhile is no fault of the result.
      if (problems.length > 0 && (await hasChanged(verifier.db, row)))
        throw new EndpointError(409, `${id} was grouped again, or its catalog got another job, meanwhile. Repeat it.`);
      return {
        job: id,
        ok: problems.length === 0,
        checked: { tasks: chosen.length, ofTasks: done.length, groups },
        problems: problems.slice(0, PROBLEMS_LISTED),
      };
    },
  });

/** Whether the job, or what it was made of, is no longer as it was read. */
const hasChanged = async (db: Db, row: JobRow): Promise<boolean> => {
  const now = await findJob(db, row.id);
  return now === null || now.state !== row.state || now.run !== row.run || (await hasLaterJob(db, row));
};

/** So many of the items, evenly from the first to the last. */
const sampleOf = (items: readonly number[], count: number): number[] =>
  items.filter(
    (_, index) => Math.floor((index * count) / items.length) > Math.floor(((index - 1) * count) / items.length),
  );

/** What a check has found, or which data it misses: an error of a worker thread has only its message. */
const problemsOf = async (check: () => Promise<readonly string[]>): Promise<readonly string[]> => {
  try {
    return await check();
  } catch (error) {
    const message = messageOf(error);
    if (error instanceof MissingDataError || message.startsWith("missing data: ")) return [message];
    throw error;
  }
};

/** Compares the blocks of a task again. */
const verifyTask = async (
  { db, compare, ...readers }: Omit<Comparer, "bus">,
  row: JobRow,
  task: number,
): Promise<string[]> => {
  const job = jobOf(row);
  const { blockSize, hashBits, radiusBits } = listed(job);
  const plan = { catalog: job.catalog, task, plan: planOf(job), blockSize, hashBits, radiusBits };
  const blockRevision = await readBlockRevision(db, job.catalog);
  const { hashFormat, hash } = job;
  const work = await loadWork(readers, plan, { hashFormat, blockRevision, quarantined: hash.quarantined });
  const found: Uint8Array[] = [];
  const { inline } = await storeParts(
    (parts) => compare({ work, parts }),
    async ({ edges }) => void found.push(edges),
  );
  if (inline !== null) found.push(inline.edges);
  const stored = await readTaskEdges(db, job.id, task);
  return digestOfAll(found) === digestOfAll(stored)
    ? []
    : [`task ${task}: its blocks have other edges than are stored`];
};

/** The digest of all edges: where they are many, another instruction set may find them in another order. */
const digestOfAll = (parts: readonly Uint8Array[]): string => {
  const all = new EdgeList();
  for (const part of parts) all.addAll(decodeEdges(part));
  return partDigest(encodeEdges(all.edges));
};
