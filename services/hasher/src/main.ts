import { runTasks } from "@lookalike/shared/bus/tasks";
import { hasLimits } from "@lookalike/shared/runtime/limited-process";
import { runService } from "@lookalike/shared/service/run";
import { workerService } from "@lookalike/shared/service/workers";
import { isUnavailable } from "@lookalike/shared/store/unavailable";
import { Environment } from "./environment.ts";
import { createDecoders } from "./hash/decoders.ts";
import { hashBlock, initCounters } from "./hash/hash-block.ts";
import { openSource } from "./hash/open-source.ts";
import { listCatalog } from "./list/list-catalog.ts";
import { walkSource } from "./list/sources/source.ts";

/** The next block keeps the processes busy while the last images of one finish. */
const CONCURRENT_BLOCKS = 2;
/** An additional process, which reads its file while the others decode. */
const READING_PROCESSES = 1;

runService({
  name: "hasher",
  environment: Environment,
  connections: 6,
  async start({ environment, bus, store, log }) {
    initCounters();
    const processes = environment.LOOKALIKE_HASHER_THREADS + READING_PROCESSES;
    const decoders = createDecoders(environment, processes, log);
    if (!hasLimits()) log.warn("there is no prlimit (util-linux): pictures are decoded without limits of memory");
    const allowed = { roots: environment.LOOKALIKE_SOURCE_ROOTS, buckets: environment.LOOKALIKE_SOURCE_BUCKETS };
    const [scan, hash] = await Promise.all([
      runTasks(bus, {
        kind: "scan",
        concurrency: 1,
        log,
        isUnavailable,
        handle: (task) =>
          listCatalog({ bus, store, log, walk: (catalog, resume) => walkSource(catalog, allowed, resume) }, task),
      }),
      runTasks(bus, {
        kind: "hash",
        concurrency: CONCURRENT_BLOCKS,
        log,
        isUnavailable,
        // What failed before may have taken the memory of the machine: one picture after another takes the least.
        handle: (task, isRetried) =>
          hashBlock(
            {
              bus,
              db: store.db,
              openSource: (catalog) => openSource(catalog, allowed),
              hashFile: decoders.hashListed,
              concurrency: isRetried ? 1 : processes,
            },
            task,
          ),
      }),
    ]);
    return workerService(bus.name, { scan, hash }, decoders.close);
  },
});
