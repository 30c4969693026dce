import type { Bus } from "@lookalike/shared/bus/connect";
import { publishEvent } from "@lookalike/shared/bus/events";
import { edgesDigest } from "@lookalike/shared/domain/digest";
import { resultId } from "@lookalike/shared/domain/event-id";
import type { Task } from "@lookalike/shared/domain/events";
import { type BlockPair, pairOf, pairsOfTask } from "@lookalike/shared/domain/plan";
import { insertCompareResult } from "@lookalike/shared/store/compare-results";
import { findJob } from "@lookalike/shared/store/jobs";
import type { Db } from "@lookalike/shared/store/open";
import type { BlockCache } from "./block-cache.ts";
import type { CompareAnswer, CompareRequest } from "./compare-worker.ts";

/** Edges travel inside the event up to this size; more are stored first, and the event names them. */
const INLINE_EDGE_BYTES = 65_536;

interface Comparer {
  readonly bus: Bus;
  readonly db: Db;
  readonly cache: BlockCache;
  readonly join: (request: CompareRequest) => Promise<CompareAnswer>;
}

/** Compares the block pairs of one task and tells the log which images are similar. */
export const comparePairs = async ({ bus, db, cache, join }: Comparer, task: Task): Promise<void> => {
  const { plan, blockSize, radiusBits } = task;
  if (plan === null || blockSize === null || radiusBits === null)
    throw new Error(`compare task ${task.task} of job ${task.job} has no plan`);
  const started = performance.now();
  const pairs = blockPairs(pairsOfTask(plan, task.task));
  const blocks = await cache.load(task.catalog, blockSize, [...new Set(pairs.flatMap(({ i, j }) => [i, j]))]);
  const { edges, edgeCount, comparisons, kernel } = await join({ blocks, pairs, radiusBits });
  const digest = edgesDigest(edges);
  const inline = edges.byteLength <= INLINE_EDGE_BYTES;
  if (!inline)
    await insertCompareResult(db, { jobId: task.job, task: task.task, edges, edgeCount, comparisons, digest });
  await publishEvent(
    bus,
    "pair-batch-done",
    task,
    resultId(task.job, "compare", task.task, task.attempt, "pair-batch-done"),
    {
      task: task.task,
      comparisons,
      edgeCount,
      edges: inline ? edges : null,
      digest,
      kernel,
      milliseconds: Math.round(performance.now() - started),
    },
  );
};

const blockPairs = ({ from, to }: { from: number; to: number }): BlockPair[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, at) => pairOf(from + at));

/** Jobs whose owner gave up need no comparing; asked at most every two seconds a job. */
export const createJobGate = (db: Db): ((jobId: string) => Promise<boolean>) => {
  const known = new Map<string, { at: number; wanted: boolean }>();
  return async (jobId) => {
    const last = known.get(jobId);
    if (last !== undefined && Date.now() - last.at < 2_000) return last.wanted;
    const wanted = (await findJob(db, jobId))?.state === "running";
    known.clear();
    known.set(jobId, { at: Date.now(), wanted });
    return wanted;
  };
};
