import { availableParallelism } from "node:os";
import { work } from "@lookalike/shared/bus/consume";
import { runTasks } from "@lookalike/shared/bus/tasks";
import { STREAMS } from "@lookalike/shared/bus/topology";
import { Finalize } from "@lookalike/shared/domain/job/task";
import { integer, ServiceEnvironment } from "@lookalike/shared/runtime/config";
import { messageOf } from "@lookalike/shared/runtime/errors";
import { withLogFields } from "@lookalike/shared/runtime/log";
import { activeTraceparent, inSpan } from "@lookalike/shared/runtime/tracing";
import { runService } from "@lookalike/shared/service/run";
import { workerService } from "@lookalike/shared/service/workers";
import { Piscina } from "piscina";
import { comparePairs, createJobGate } from "./compare/compare-task.ts";
import type { CompareAnswer, CompareRequest } from "./compare/compare-worker.ts";
import { createHashReader } from "./compare/hash-reader.ts";
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
});

runService({
  name: "comparer",
  environment: Environment,
  connections: 6,
  async start({ environment, bus, store: { db }, log }) {
    const threads = environment.LOOKALIKE_COMPARER_THREADS;
    const compareFile = new URL("./compare/compare-worker.js", import.meta.url).href;
    const finalizeFile = new URL("./finalize/finalize-worker.js", import.meta.url).href;
    const pool = new Piscina({ filename: compareFile, minThreads: threads, maxThreads: threads });
    const compare = (request: CompareRequest): Promise<CompareAnswer> =>
      pool.run(request, { transferList: [request.parts.port] });
    const finalize = (request: FinalizeRequest): Promise<void> => pool.run(request, { filename: finalizeFile });
    const hashes = createHashReader(db, environment.LOOKALIKE_BLOCK_CACHE_BYTES);
    const findRunning = createJobGate(db);
    const [comparing, finalizing] = await Promise.all([
      runTasks(bus, {
        kind: "compare",
        // One more than there are threads: it reads its blocks while they compare.
        concurrency: threads + 1,
        log,
        handle: async (task) => {
          const job = await findRunning(task.job);
          if (job !== null) await comparePairs({ bus, db, hashes, compare }, task, job.hashFormat);
        },
      }),
      work(bus, {
        stream: STREAMS.finalize,
        durables: ["finalizer"],
        concurrency: 1,
        maxDeliver: -1,
        log,
        handle: ({ body }) => {
          const order = Finalize.parse(body);
          const { job, run, traceparent: parent } = order;
          const attributes = { "lookalike.job": job, "lookalike.run": run };
          return inSpan("finalize", { kind: "consumer", parent, attributes }, () => {
            // Its thread has no spans of its own.
            const traceparent = activeTraceparent() ?? parent;
            const traced = { ...order, ...(traceparent === undefined ? {} : { traceparent }) };
            return withLogFields({ job, run }, () =>
              finalize({ databaseUrl: environment.DATABASE_URL, order: traced }),
            );
          });
        },
        giveUp: async ({ subject }, error) => log.fatal({ subject, err: messageOf(error) }, "finalize given up"),
      }),
    ]);
    return workerService(bus.name, { compare: comparing, finalize: finalizing }, () => pool.close());
  },
});
