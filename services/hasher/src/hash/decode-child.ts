// The entry point of a process that hashes one file after another: see packages/shared/src/runtime/process-pool.ts.
import type { Outcome } from "@lookalike/shared/domain/image/hash-block";
import { OUT_OF_MEMORY, serveRequests } from "@lookalike/shared/runtime/pooled-process";
import { type HashRequest, hashFile } from "./hash-file.ts";

/** Fewer pixels are not reserved: they take little memory in every process at once, and each reservation costs two messages. */
const FREE_PIXELS = 1_000_000;

serveRequests<HashRequest, Outcome[]>(async ({ files, ...limits }, reserve) => {
  const outcomes: Outcome[] = [];
  for (const file of files) {
    const outcome = await hashFile(file, limits, async (pixels) => {
      if (pixels > FREE_PIXELS) await reserve(pixels);
    });
    // The pool tries it again, in a process whose memory no other picture has used.
    if (outcome.kind === "failed" && outcome.failure.reason === "out-of-memory") process.exit(OUT_OF_MEMORY);
    outcomes.push(outcome);
  }
  return outcomes;
});
