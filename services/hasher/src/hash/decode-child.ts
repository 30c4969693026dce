// The entry point of a process that hashes and verifies one file after another: see packages/shared/src/runtime/process-pool.ts.
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { ReservePixels } from "@lookalike/engine/hash/decode-picture";
import type { Outcome } from "@lookalike/shared/domain/image/hash-block";
import { OUT_OF_MEMORY, type Reserve, serveRequests } from "@lookalike/shared/runtime/pooled-process";
import { verifyViews, viewFile } from "../verify/verify-views.ts";
import type { DecodeRequest, DecodeResult } from "./decoders.ts";
import { type HashRequest, hashFile } from "./hash-file.ts";

/** Fewer pixels are not reserved: they take little memory in every process at once, and each reservation costs two messages. */
const FREE_PIXELS = 1_000_000;
/** The memory of so many pixels is given back before others get their reservation: Node would collect it when it needs some itself. */
const LARGE_PIXELS = 20_000_000;

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/** Decodes with a reservation of the pixels that it takes. */
const decoding = async <Result>(
  reserve: Reserve,
  decode: (reserve: ReservePixels) => Promise<Result>,
): Promise<Result> => {
  let reserved = 0;
  const result = await decode(async (pixels) => {
    reserved = pixels;
    if (pixels > FREE_PIXELS) await reserve(pixels);
  });
  if (reserved > LARGE_PIXELS) {
    collectGarbage();
    // Buffers of native code are freed after the collection.
    await setImmediate();
  }
  return result;
};

serveRequests<DecodeRequest, DecodeResult>((request, reserve) => {
  if ("view" in request) return decoding(reserve, (reservePixels) => viewFile(request, reservePixels));
  return "first" in request ? Promise.resolve(verifyViews(request)) : hashFiles(request, reserve);
});

const hashFiles = async ({ files, ...limits }: HashRequest, reserve: Reserve): Promise<Outcome[]> => {
  const outcomes: Outcome[] = [];
  for (const file of files) {
    const outcome = await decoding(reserve, (reservePixels) => hashFile(file, limits, reservePixels));
    // The pool tries it again, in a process whose memory no other picture has used.
    if (outcome.kind === "failed" && outcome.failure.reason === "out-of-memory") process.exit(OUT_OF_MEMORY);
    outcomes.push(outcome);
  }
  return outcomes;
};
