import type { Bus } from "@lookalike/shared/bus/connect";
import { resultEvent } from "@lookalike/shared/bus/messages";
import { publish } from "@lookalike/shared/bus/publish";
import { resultDigest } from "@lookalike/shared/domain/job/digest";
import {
  type BlockPair,
  bandOfTask,
  blocksOfTile,
  type Plan,
  pairOf,
  pairsOfTask,
  type Range,
} from "@lookalike/shared/domain/job/plan";
import type { TaskOf } from "@lookalike/shared/domain/job/task";
import { edgesFound, comparisons as pairsCompared } from "@lookalike/shared/runtime/metrics";
import type { CachedCatalog } from "@lookalike/shared/store/blocks/block-cache";
import { readBlockRevision } from "@lookalike/shared/store/blocks/hash-blocks";
import { findJob } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import { insertCompareResult } from "@lookalike/shared/store/results/compare-results";
import { LRUCache } from "lru-cache";
import type { CompareAnswer, CompareRequest, CompareWork } from "./compare-worker.ts";
import { storeParts } from "./edge-parts.ts";
import type { createHashReader } from "./hash-reader.ts";

interface Comparer {
  readonly bus: Bus;
  readonly db: Db;
  readonly hashes: ReturnType<typeof createHashReader>;
  /** Compares in a worker thread. */
  readonly compare: (request: CompareRequest) => Promise<CompareAnswer>;
}

/** Does one comparison task and publishes the event that has its edges, or their digest. */
export const comparePairs = async (
  { bus, db, hashes, compare }: Comparer,
  task: TaskOf<"compare">,
  stored: StoredHashes,
): Promise<void> => {
  const started = performance.now();
  const work = await loadWork(hashes, task, stored);
  const { inline, digests, edgeCount, comparisons, kernel } = await storeParts(
    (parts) => compare({ work, parts }),
    (part) => insertCompareResult(db, { jobId: task.job, task: task.task, ...part }),
  );
  pairsCompared.inc({ kernel }, comparisons);
  edgesFound.inc(edgeCount);
  const result = resultEvent(task, "pair-batch-done", {
    task: task.task,
    comparisons,
    edgeCount,
    edges: inline?.edges ?? null,
    digest: inline?.digest ?? resultDigest(digests),
    kernel,
    milliseconds: Math.round(performance.now() - started),
  });
  await publish(bus, result);
};

/** The work of a task by its plan, with the hashes that it needs. */
const loadWork = async (
  hashes: Comparer["hashes"],
  task: TaskOf<"compare">,
  stored: StoredHashes,
): Promise<CompareWork> => {
  const { blockSize, hashBits, radiusBits } = task;
  const catalog = { id: task.catalog, blockSize, ...stored };
  const plan: Plan = task.plan;
  if (plan.index === null) {
    const pairs = blockPairs(pairsOfTask(plan, task.task));
    const blocks = await hashes.readBlocks(catalog, [...new Set(pairs.flatMap(({ i, j }) => [i, j]))]);
    return { kernel: "exhaustive", blocks, pairs, radiusBits };
  }
  const { i, j, band } = bandOfTask(plan, task.task);
  const right = await hashes.readTile(catalog, blocksOfTile(plan, j));
  const left = i === j ? right : await hashes.readTile(catalog, blocksOfTile(plan, i));
  return { kernel: "indexed", left, right, hashBits, radiusBits, band, bands: plan.index.bands };
};

const blockPairs = ({ from, to }: Range): BlockPair[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, index) => pairOf(from + index));

/** Which of a catalog's stored hashes a job compares. */
type StoredHashes = Required<Pick<CachedCatalog, "hashFormat" | "blockRevision">>;

/**
 * Finds the hashes of a job that is running; nothing where its owner has cancelled it, so that it needs no
 * comparing. An answer is valid for two seconds, because a job has many tasks.
 */
export const createJobGate = (db: Db): ((jobId: string) => Promise<StoredHashes | undefined>) => {
  const running = new LRUCache<string, StoredHashes>({
    max: 1_000,
    ttl: 2_000,
    fetchMethod: async (jobId) => {
      const job = await findJob(db, jobId);
      if (job?.state !== "running") return undefined;
      return { hashFormat: job.hashFormat, blockRevision: await readBlockRevision(db, job.catalogId) };
    },
  });
  return (jobId) => running.fetch(jobId);
};
