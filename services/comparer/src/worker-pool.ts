import type { Finalize } from "@lookalike/shared/domain/job/task";
import { Budget } from "@lookalike/shared/runtime/budget";
import type { AllowedSources } from "@lookalike/shared/sources/allowed-sources";
import { Piscina } from "piscina";
import type { CompareAnswer, CompareRequest, CompareWork } from "./compare/compare-worker.ts";
import type { FinalizeRequest } from "./finalize/finalize-worker.ts";
import type { RegroupAnswer, RegroupRequest } from "./verify/regroup-worker.ts";

const fileOf = (name: string): string => new URL(name, import.meta.url).href;

/** What a task that finds candidates takes for each picture of its tiles: its features, twice, and where they are by a key. */
const CANDIDATE_BYTES = 24_576;

const memoryOf = ({ left, right }: Extract<CompareWork, { kernel: "candidates" }>): number =>
  (left.count + right.count) * CANDIDATE_BYTES;

interface PoolLimits {
  /** Comparisons at once. */
  readonly threads: number;
  /** Jobs that are grouped at once. */
  readonly groupings: number;
  /** Of all tasks that find candidates at once. */
  readonly candidateMemoryBytes: number;
}

/**
 * Worker threads that compare and group, so that the service's own thread answers its messages meanwhile. Grouping has threads of
 * its own, because a job's groups must not wait for the comparisons of other jobs.
 */
export const createWorkerPool = (
  { threads, groupings, candidateMemoryBytes }: PoolLimits,
  databaseUrl: string,
  allowed: AllowedSources,
) => {
  const candidateMemory = new Budget(candidateMemoryBytes);
  const filename = fileOf("./compare/compare-worker.js");
  const pool = new Piscina({ filename, minThreads: threads, maxThreads: threads });
  let grouping: Piscina | undefined;
  // A thread loads its modules for as long as a small job takes, so all are started for the first job that is grouped.
  const group = (request: FinalizeRequest): Promise<void> => {
    grouping ??= new Piscina({
      filename: fileOf("./finalize/finalize-worker.js"),
      minThreads: groupings,
      maxThreads: groupings,
    });
    return grouping.run(request);
  };
  return {
    compare: async (request: CompareRequest): Promise<CompareAnswer> => {
      const compare = (): Promise<CompareAnswer> => pool.run(request, { transferList: [request.parts.port] });
      // Others do not wait for memory.
      if (request.work.kernel !== "candidates") return compare();
      const taken = await candidateMemory.take(memoryOf(request.work));
      try {
        return await compare();
      } finally {
        candidateMemory.giveBack(taken);
      }
    },
    finalize: (order: Finalize): Promise<void> => group({ databaseUrl, order, allowed }),
    regroup: (jobId: string): Promise<RegroupAnswer> =>
      pool.run({ databaseUrl, jobId } satisfies RegroupRequest, { filename: fileOf("./verify/regroup-worker.js") }),
    async close(): Promise<void> {
      await Promise.all([pool.close(), grouping?.close()]);
    },
  };
};
