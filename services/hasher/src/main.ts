import { availableParallelism } from "node:os";
import { runTasks } from "@lookalike/shared/bus/tasks";
import { integer, ServiceEnvironment } from "@lookalike/shared/runtime/config";
import { runService } from "@lookalike/shared/service/run";
import { workerService } from "@lookalike/shared/service/workers";
import { SourceBuckets, SourceRoots } from "@lookalike/shared/sources/source-roots";
import { createDecoders } from "./hash/decoders.ts";
import { hashBlock, initCounters } from "./hash/hash-block.ts";
import { listCatalog } from "./list/list-catalog.ts";
import { walkSource } from "./list/sources/source.ts";

const Environment = ServiceEnvironment.extend({
  LOOKALIKE_HASHER_THREADS: integer({
    min: 1,
    max: 256,
    default: availableParallelism(),
    about: "Worker threads that decode and hash",
  }),
  LOOKALIKE_SOURCE_ROOTS: SourceRoots,
  LOOKALIKE_SOURCE_BUCKETS: SourceBuckets,
  LOOKALIKE_MAX_PIXELS: integer({
    min: 1,
    default: 300_000_000,
    about: "Pixels of the largest picture that is decoded",
  }),
  LOOKALIKE_PIXELS_IN_FLIGHT: integer({
    min: 1_000_000,
    default: 200_000_000,
    about: "Pixels decoded at once, in all threads: bounds the memory",
  }),
  LOOKALIKE_MAX_FILE_BYTES: integer({
    min: 1,
    default: 1_073_741_824,
    about: "Bytes of the largest file that is read",
  }),
  LOOKALIKE_IMAGE_TIMEOUT_SECONDS: integer({
    min: 1,
    max: 3_600,
    default: 60,
    about: "Time to decode one picture",
  }),
});

/** Two blocks at once: the next one keeps the threads busy while the last images of one finish. */
const BLOCKS_AT_ONCE = 2;
/** One thread more than decode: it reads its file meanwhile. */
const READING = 1;

runService({
  name: "hasher",
  environment: Environment,
  connections: 6,
  async start({ environment, bus, store, log }) {
    initCounters();
    const threads = environment.LOOKALIKE_HASHER_THREADS;
    const hashing = createDecoders({
      threads: threads + READING,
      blocksAtOnce: BLOCKS_AT_ONCE,
      pixelsInFlight: environment.LOOKALIKE_PIXELS_IN_FLIGHT,
      timeoutSeconds: environment.LOOKALIKE_IMAGE_TIMEOUT_SECONDS,
      maxBytes: environment.LOOKALIKE_MAX_FILE_BYTES,
      maxPixels: environment.LOOKALIKE_MAX_PIXELS,
    });
    const allowed = { roots: environment.LOOKALIKE_SOURCE_ROOTS, buckets: environment.LOOKALIKE_SOURCE_BUCKETS };
    const [scan, hash] = await Promise.all([
      runTasks(bus, {
        kind: "scan",
        concurrency: 1,
        log,
        handle: (task) =>
          listCatalog({ bus, store, log, walk: (source, mark) => walkSource(source, allowed, mark) }, task),
      }),
      runTasks(bus, {
        kind: "hash",
        concurrency: BLOCKS_AT_ONCE,
        log,
        handle: (task, isRetried) => {
          const hashFile = isRetried ? hashing.hashIsolated : hashing.hashFile;
          return hashBlock({ bus, db: store.db, hashFile, concurrency: threads + READING }, task);
        },
      }),
    ]);
    return workerService(bus.name, { scan, hash }, hashing.close);
  },
});
