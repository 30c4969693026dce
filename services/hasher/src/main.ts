import { runTasks } from "@lookalike/shared/bus/tasks";
import { FairTurns } from "@lookalike/shared/runtime/fair-turns";
import { hasLimits } from "@lookalike/shared/runtime/limited-process";
import { runService } from "@lookalike/shared/service/run";
import { workerService } from "@lookalike/shared/service/workers";
import { isUnavailable } from "@lookalike/shared/store/unavailable";
import { Environment } from "./environment.ts";
import { createDecoders, decodersFor, FILES_PER_REQUEST } from "./hash/decoders.ts";
import { hashBlock, initCounters } from "./hash/hash-block.ts";
import { openSource } from "./hash/open-source.ts";
import { type Lister, listCatalog } from "./list/list-catalog.ts";
import { createWalkers } from "./list/walkers.ts";
import { runVerifications } from "./verify/run-verifications.ts";

/** The next block keeps the processes busy while the last images of one finish. */
const CONCURRENT_BLOCKS = 2;
/** Listings at once; they take turns. */
const LISTINGS = 64;
/** A disk that does not answer holds its turns until the time-out, and those of a tenant leave the others room. */
const READING_TURNS = { turns: 8, turnsPerTenant: 4, turnsForSmall: 0 };
/** The database is busy with so many. */
const STORING_TURNS = { turns: 2, turnsPerTenant: 2, turnsForSmall: 1 };

runService({
  name: "hasher",
  environment: Environment,
  connections: 6,
  async start({ environment, bus, store, log }) {
    initCounters();
    const processes = decodersFor(environment.LOOKALIKE_HASHER_THREADS);
    const decoders = createDecoders(environment, processes, log);
    if (!hasLimits()) log.warn("there is no prlimit (util-linux): pictures are decoded without limits of memory");
    const allowed = { roots: environment.LOOKALIKE_SOURCE_ROOTS, buckets: environment.LOOKALIKE_SOURCE_BUCKETS };
    const walkers = createWalkers({
      allowed,
      reading: new FairTurns(READING_TURNS),
      deadlineSeconds: environment.LOOKALIKE_LISTING_TIMEOUT_SECONDS,
    });
    const storing = new FairTurns(STORING_TURNS);
    const [scan, hash, verify] = await Promise.all([
      runTasks(bus, {
        kind: "scan",
        concurrency: LISTINGS,
        log,
        isUnavailable,
        handle: (task, isRetried) => {
          const walk: Lister["walk"] = (catalog, resume, turner) =>
            walkers.walk({ owned: catalog, resume, turner, isIsolated: isRetried });
          return listCatalog({ bus, store, log, storing, walk }, task);
        },
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
              concurrency: isRetried ? 1 : processes * FILES_PER_REQUEST,
            },
            task,
          ),
      }),
      runVerifications({ bus, db: store.db, log, decoders, allowed, concurrency: processes }),
    ]);
    return workerService(bus.name, { scan, hash, verify }, async () => {
      await Promise.all([decoders.close(), walkers.close()]);
    });
  },
});
