// The entry point of a process that hashes one file after another: see packages/shared/src/runtime/process-pool.ts.
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Outcome } from "@lookalike/shared/domain/image/hash-block";
import { OUT_OF_MEMORY, serveRequests } from "@lookalike/shared/runtime/pooled-process";
import { type HashRequest, hashFile } from "./hash-file.ts";

/** Fewer pixels are not reserved: they take little memory in every process at once, and each reservation costs two messages. */
const FREE_PIXELS = 1_000_000;
/** The memory of so many pixels is given back before others get their reservation: Node would collect it when it needs some itself. */
const LARGE_PIXELS = 20_000_000;

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

serveRequests<HashRequest, Outcome[]>(async ({ files, ...limits }, reserve) => {
  const outcomes: Outcome[] = [];
  for (const file of files) {
    let reserved = 0;
    const outcome = await hashFile(file, limits, async (pixels) => {
      reserved = pixels;
      if (pixels > FREE_PIXELS) await reserve(pixels);
    });
    if (reserved > LARGE_PIXELS) {
      collectGarbage();
      // Buffers of native code are freed after the collection.
      await setImmediate();
    }
    // The pool tries it again, in a process whose memory no other picture has used.
    if (outcome.kind === "failed" && outcome.failure.reason === "out-of-memory") process.exit(OUT_OF_MEMORY);
    outcomes.push(outcome);
  }
  return outcomes;
});
