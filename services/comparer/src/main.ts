import { availableParallelism, totalmem } from "node:os";
import { runTasks } from "@lookalike/shared/bus/tasks";
import { integer, ServiceEnvironment } from "@lookalike/shared/runtime/config";
import { runService } from "@lookalike/shared/service/run";
import { workerService } from "@lookalike/shared/service/workers";
import { SourceRoots } from "@lookalike/shared/sources/allowed-sources";
import { findJob } from "@lookalike/shared/store/jobs/jobs";
import { isUnavailable } from "@lookalike/shared/store/unavailable";
import { comparePairs, createJobGate } from "./compare/compare-task.ts";
import { createEvidenceReader } from "./compare/evidence-reader.ts";
import { createHashReader } from "./compare/hash-reader.ts";
import { consumeFinalize, GROUPING_TURNS } from "./finalize/consume-finalize.ts";
import { verifyEndpoint } from "./verify/verify.ts";
import { createWorkerPool } from "./worker-pool.ts";

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
    about: "Memory for cached hash blocks, and as much for cached evidence",
  }),
  LOOKALIKE_CANDIDATE_MEMORY_BYTES: integer({
    min: 1,
    default: Math.floor(Math.min(process.constrainedMemory() || totalmem(), totalmem()) / 2),
    about:
      "Memory of tasks that find candidates at the same time; half of what the process may have where it is not set",
  }),
  LOOKALIKE_SOURCE_ROOTS: SourceRoots,
});

runService({
  name: "comparer",
  environment: Environment,
  connections: 6,
  async start({ environment, bus, store: { db }, log }) {
    const threads = environment.LOOKALIKE_COMPARER_THREADS;
    const limits = {
      threads,
      groupings: GROUPING_TURNS.turns,
      candidateMemoryBytes: environment.LOOKALIKE_CANDIDATE_MEMORY_BYTES,
    };
    const pool = createWorkerPool(limits, environment.DATABASE_URL, {
      roots: environment.LOOKALIKE_SOURCE_ROOTS,
      buckets: [],
    });
    const hashes = createHashReader(db, environment.LOOKALIKE_BLOCK_CACHE_BYTES);
    const readEvidenceTile = createEvidenceReader(db, environment.LOOKALIKE_BLOCK_CACHE_BYTES);
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
          await comparePairs({ bus, db, hashes, readEvidenceTile, compare: pool.compare }, task, job);
        },
      }),
      consumeFinalize(
        bus,
        log,
        async ({ job: id }) => {
          const job = await findJob(db, id);
          // There is nothing to do for a job that was deleted.
          return job === null ? 0 : job.totalImages;
        },
        pool.finalize,
      ),
    ]);
    const service = workerService(bus.name, { compare: comparing, finalize: finalizing }, pool.close);
    return { ...service, endpoints: [...service.endpoints, verifyEndpoint({ db, ...pool })] };
  },
});
