import { availableParallelism } from "node:os";
import { failed } from "@lookalike/engine/hash-image";
import { PixelBudget } from "@lookalike/engine/pixel-budget";
import { runTasks } from "@lookalike/shared/bus/tasks";
import { bytesOfName } from "@lookalike/shared/domain/bytes";
import type { ListedImage } from "@lookalike/shared/domain/events";
import type { Outcome } from "@lookalike/shared/domain/hash-block";
import { joinPath } from "@lookalike/shared/files/listed-file";
import { s3Objects } from "@lookalike/shared/files/objects";
import { SourceBuckets, SourceRoots } from "@lookalike/shared/files/source-roots";
import { ServiceEnvironment } from "@lookalike/shared/runtime/config";
import { runService } from "@lookalike/shared/runtime/service";
import { workingOn } from "@lookalike/shared/runtime/worker";
import { Piscina } from "piscina";
import { z } from "zod";
import { hashBlock, type SourceOfFiles, startCounters } from "./hash.ts";
import type { HashRequest } from "./hash-worker.ts";
import { listCatalog } from "./list.ts";
import { readListedObject } from "./read-object.ts";
import { listSource } from "./sources/source.ts";

const Environment = ServiceEnvironment.extend({
  LOOKALIKE_HASHER_THREADS: z.coerce
    .number()
    .int()
    .min(1)
    .max(256)
    .default(availableParallelism())
    .meta({ description: "Worker threads that decode and hash" }),
  LOOKALIKE_SOURCE_ROOTS: SourceRoots,
  LOOKALIKE_SOURCE_BUCKETS: SourceBuckets,
  LOOKALIKE_MAX_PIXELS: z.coerce.number().int().min(1).default(300_000_000),
  LOOKALIKE_PIXELS_IN_FLIGHT: z.coerce
    .number()
    .int()
    .min(1_000_000)
    .default(200_000_000)
    .meta({ description: "Pixels decoded at once, in all threads: bounds the memory" }),
  LOOKALIKE_MAX_FILE_BYTES: z.coerce.number().int().min(1).default(1_073_741_824),
  LOOKALIKE_IMAGE_TIMEOUT_SECONDS: z.coerce.number().int().min(1).max(3_600).default(60),
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
    startCounters();
    const threads = environment.LOOKALIKE_HASHER_THREADS;
    const pool = new Piscina<HashRequest, Outcome>({
      filename: new URL("./hash-worker.js", import.meta.url).href,
      minThreads: threads + READING,
      maxThreads: threads + READING,
    });
    const pixelBudget = PixelBudget.share(environment.LOOKALIKE_PIXELS_IN_FLIGHT);
    const timeoutSeconds = environment.LOOKALIKE_IMAGE_TIMEOUT_SECONDS;
    const { LOOKALIKE_MAX_FILE_BYTES: maxBytes, LOOKALIKE_MAX_PIXELS: maxPixels } = environment;
    const hashFile = async (source: SourceOfFiles, image: ListedImage): Promise<Outcome> => {
      const file = await fileOf(source, image, maxBytes);
      if ("kind" in file) return file;
      // libvips stops itself at the time-out; this ends a thread that hangs in a read, too.
      const signal = AbortSignal.timeout(timeoutSeconds * 1_000 * (BLOCKS_AT_ONCE + 1));
      const request = { file, maxPixels, timeoutSeconds, pixelBudget, heldPixels: PixelBudget.hold() };
      return pool.run(request, { signal }).catch((error: unknown) => {
        // The thread ended with what it held.
        if (signal.aborted) new PixelBudget(pixelBudget, request.heldPixels).giveBack();
        if (signal.aborted) return failed("timeout", `not done after ${timeoutSeconds} s`);
        throw error;
      });
    };
    const allowed = { roots: environment.LOOKALIKE_SOURCE_ROOTS, buckets: environment.LOOKALIKE_SOURCE_BUCKETS };
    const [scan, hash] = await Promise.all([
      runTasks(bus, {
        kind: "scan",
        concurrency: 1,
        log,
        handle: (task) => listCatalog({ bus, store, log, list: (source) => listSource(source, allowed) }, task),
      }),
      runTasks(bus, {
        kind: "hash",
        concurrency: BLOCKS_AT_ONCE,
        log,
        handle: (task) => hashBlock({ bus, db: store.db, hashFile, concurrency: threads + READING }, task),
      }),
    ]);
    return workingOn(bus.name, { scan, hash }, () => pool.close());
  },
});

/** What a worker thread hashes: a file that it reads itself, or bytes that come over the network. */
const fileOf = async (
  source: SourceOfFiles,
  image: ListedImage,
  maxBytes: number,
): Promise<HashRequest["file"] | Outcome> =>
  source.kind === "s3"
    ? readListedObject(s3Objects(), source, image, maxBytes)
    : {
        path: joinPath(Buffer.from(source.root), Buffer.from(bytesOfName(image.path))),
        fingerprint: image.fingerprint,
        maxBytes,
      };
