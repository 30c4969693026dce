import { availableParallelism } from "node:os";
import { runTasks } from "@lookalike/shared/bus/tasks";
import type { Finalize } from "@lookalike/shared/domain/job/task";
import { integer, ServiceEnvironment } from "@lookalike/shared/runtime/config";
import { runService } from "@lookalike/shared/service/run";
import { workerService } from "@lookalike/shared/service/workers";
import { type AllowedSources, SourceRoots } from "@lookalike/shared/sources/allowed-sources";
import { isUnavailable } from "@lookalike/shared/store/unavailable";
import { Piscina } from "piscina";
import { comparePairs, createJobGate } from "./compare/compare-task.ts";
import type { CompareAnswer, CompareRequest } from "./compare/compare-worker.ts";
import { createHashReader } from "./compare/hash-reader.ts";
import { consumeFinalize } from "./finalize/consume-finalize.ts";
import type { FinalizeRequest } from "./finalize/finalize-worker.ts";

const Environment = ServiceEnvironment.extend({
  LOOKALIKE_COMPARER_THREADS: integer({
    min: 1,
    max: 256,
    default: availableParallelism(),
    about: "Worker threads that compare",
  }),
  LOOKALIKE_BLOCK_CACHE_BYTES: integer({
    min: 1,
    default: 268_435_456,
    about: "Memory for cached hash blocks",
  }),
  LOOKALIKE_SOURCE_ROOTS: SourceRoots,
});

const COMPARE_FILE = new URL("./compare/compare-worker.js", import.meta.url).href;
const FINALIZE_FILE = new URL("./finalize/finalize-worker.js", import.meta.url).href;

runService({
  name: "comparer",
  environment: Environment,
  connections: 6,
  async start({ environment, bus, store: { db }, log }) {
    const threads = environment.LOOKALIKE_COMPARER_THREADS;
    const pool = createWorkerPool(threads, environment.DATABASE_URL, {
      roots: environment.LOOKALIKE_SOURCE_ROOTS,
      buckets: [],
    });
    const hashes = createHashReader(db, environment.LOOKALIKE_BLOCK_CACHE_BYTES);
    const runningJob = createJobGate(db);
    const [comparing, finalizing] = await Promise.all([
      runTasks(bus, {
        kind: "compare",
        // One task more than there are threads: it reads its blocks while the others compare.
        concurrency: threads + 1,
        log,
        isUnavailable,
        handle: async (task) => {
          const job = await runningJob(task);
          if (job === undefined) return;
          await comparePairs({ bus, db, hashes, compare: pool.compare }, task, job);
        },
      }),
      consumeFinalize(bus, log, pool.finalize),
    ]);
    return workerService(bus.name, { compare: comparing, finalize: finalizing }, pool.close);
  },
});

/** Worker threads that compare and group, so that the service's own thread answers its messages meanwhile. */
const createWorkerPool = (threads: number, databaseUrl: string, allowed: AllowedSources) => {
  const pool = new Piscina({ filename: COMPARE_FILE, minThreads: threads, maxThreads: threads });
  return {
    compare: (request: CompareRequest): Promise<CompareAnswer> =>
      pool.run(request, { transferList: [request.parts.port] }),
    finalize: (order: Finalize): Promise<void> =>
      pool.run({ databaseUrl, order, allowed } satisfies FinalizeRequest, { filename: FINALIZE_FILE }),
    close: () => pool.close(),
  };
};
