import type { Bus } from "@lookalike/shared/bus/connect";
import { resultEvent } from "@lookalike/shared/bus/messages";
import { publish } from "@lookalike/shared/bus/publish";
import { resultDigest } from "@lookalike/shared/domain/job/digest";
import {
  bandOfTask,
  blocksOfTask,
  blocksOfTile,
  candidateTiles,
  numbersIn,
  ownBlocks,
  type Plan,
  pairOf,
  pairsOfTask,
} from "@lookalike/shared/domain/job/plan";
import type { TaskOf } from "@lookalike/shared/domain/job/task";
import { settled } from "@lookalike/shared/domain/job/work";
import { type DoneSet, has } from "@lookalike/shared/domain/primitives/bit-set";
import { edgesFound, comparisons as pairsCompared } from "@lookalike/shared/runtime/metrics";
import { readBlockRevision } from "@lookalike/shared/store/blocks/hash-blocks";
import { findJob, jobOf } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import { insertCompareResult } from "@lookalike/shared/store/results/compare-results";
import { LRUCache } from "lru-cache";
import type { CompareAnswer, CompareRequest, CompareWork } from "./compare-worker.ts";
import { storeParts } from "./edge-parts.ts";
import type { createEvidenceReader } from "./evidence-reader.ts";
import type { ComparedCatalog, createHashReader } from "./hash-reader.ts";

export interface Comparer {
  readonly bus: Bus;
  readonly db: Db;
  readonly hashes: ReturnType<typeof createHashReader>;
  readonly readEvidenceTile: ReturnType<typeof createEvidenceReader>;
  /** Compares in a worker thread. */
  readonly compare: (request: CompareRequest) => Promise<CompareAnswer>;
}

/** Does one comparison task and publishes the event that has its edges or candidates, or their digest. */
export const comparePairs = async (
  { bus, db, hashes, readEvidenceTile, compare }: Comparer,
  task: TaskOf<"compare">,
  job: ComparedJob,
): Promise<void> => {
  const started = performance.now();
  const work = await loadWork({ hashes, readEvidenceTile }, task, job);
  const { inline, digests, edgeCount, comparisons, kernel } = await storeParts(
    (parts) => compare({ work, parts }),
    (part) => insertCompareResult(db, { jobId: task.job, task: task.task, ...part }),
  );
  pairsCompared.inc({ kernel }, comparisons);
  if (work.kernel !== "candidates") edgesFound.inc(edgeCount);
  const equalPairs = job.verification ? await countEqualPairs(hashes, task, job) : undefined;
  const result = resultEvent(task, "pair-batch-done", {
    task: task.task,
    comparisons,
    edgeCount,
    ...(equalPairs === undefined ? {} : { equalPairs }),
    edges: inline?.edges ?? null,
    digest: inline?.digest ?? resultDigest(digests),
    kernel,
    milliseconds: Math.round(performance.now() - started),
  });
  await publish(bus, result);
};

type TaskPlan = Pick<TaskOf<"compare">, "catalog" | "task" | "plan" | "blockSize" | "hashBits" | "radiusBits">;

/** The work of a task by its plan, with the hashes or the evidence that it needs. @throws MissingDataError where some are not stored */
export const loadWork = async (
  { hashes, readEvidenceTile }: Pick<Comparer, "hashes" | "readEvidenceTile">,
  task: TaskPlan,
  job: ComparedHashes,
): Promise<CompareWork> => {
  const { blockSize, hashBits, radiusBits } = task;
  const catalog = { id: task.catalog, blockSize, hashBits, ...job };
  const plan: Plan = task.plan;
  const tiles = candidateTiles(plan, task.task);
  if (tiles !== null) {
    const right = await readEvidenceTile(catalog, tiles.right);
    const isSame = tiles.left.from === tiles.right.from;
    return { kernel: "candidates", left: isSame ? right : await readEvidenceTile(catalog, tiles.left), right };
  }
  if (plan.index === null) {
    const pairs = numbersIn(pairsOfTask(plan, task.task)).map(pairOf);
    const blocks = await hashes.readBlocks(catalog, blocksOfTask(plan, task.task));
    return { kernel: "exhaustive", blocks, pairs, radiusBits };
  }
  const { i, j, band } = bandOfTask(plan, task.task);
  const right = await hashes.readTile(catalog, blocksOfTile(plan, j));
  const left = i === j ? right : await hashes.readTile(catalog, blocksOfTile(plan, i));
  return { kernel: "indexed", left, right, hashBits, radiusBits, band, bands: plan.index.bands };
};

/** Pairs of equal hashes that are to be verified with the task's edges, at most; undefined where they are not counted: in whole tiles. */
const countEqualPairs = async (
  hashes: Comparer["hashes"],
  { plan, task, catalog: id, blockSize, hashBits }: TaskPlan,
  job: ComparedHashes,
): Promise<number | undefined> => {
  const own = ownBlocks(plan, task);
  if (own.length === 0) return 0;
  if (plan.index !== null) return undefined;
  const blocks = await hashes.readBlocks({ id, blockSize, hashBits, ...job }, own.flatMap(numbersIn));
  return [...blocks.values()].reduce((sum, { equalImages }) => sum + equalImages, 0);
};

/** Which of a catalog's stored hashes a job compares. */
type ComparedHashes = Pick<ComparedCatalog, "hashFormat" | "blockRevision" | "quarantined">;

type ComparedJob = ComparedHashes & {
  /** Whether what it finds is verified. */
  readonly verification: boolean;
};

/**
 * Finds what a job that is running compares; nothing where its owner has cancelled it, so that it needs no comparing. An
 * answer is valid for two seconds, because a job has many tasks, or until a task has a block that was then not hashed.
 */
export const createJobGate = (db: Db): ((task: TaskOf<"compare">) => Promise<ComparedJob | undefined>) => {
  const running = new LRUCache<string, ComparedJob & { readonly settled: DoneSet }>({
    max: 1_000,
    ttl: 2_000,
    fetchMethod: async (jobId) => {
      const row = await findJob(db, jobId);
      if (row?.state !== "running") return undefined;
      const { hashFormat, hash } = jobOf(row);
      const blockRevision = await readBlockRevision(db, row.catalogId);
      const { verification } = row;
      return { hashFormat, blockRevision, quarantined: hash.quarantined, settled: settled(hash), verification };
    },
  });
  return async ({ job, task, plan }) => {
    const blocks = blocksOfTask(plan, task);
    const isSettled = (known: ComparedJob & { readonly settled: DoneSet }): boolean =>
      blocks.every((block) => has(known.settled, block));
    const known = await running.fetch(job);
    return known === undefined || isSettled(known) ? known : running.fetch(job, { forceRefresh: true });
  };
};
