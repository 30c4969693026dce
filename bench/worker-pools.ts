import { statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { DEFAULT_FEATURES, type Outcome } from "@lookalike/shared/domain/image/hash-block";
import { foundImage } from "@lookalike/shared/domain/image/listed-image";
import { createLogger } from "@lookalike/shared/runtime/log";
import { fingerprintOf } from "@lookalike/shared/sources/listed-file";
import { Piscina } from "piscina";
import type { CompareAnswer, CompareWork } from "../services/comparer/src/compare/compare-worker.ts";
import { type EdgePart, storeParts } from "../services/comparer/src/compare/edge-parts.ts";
import { createDecoders, FILES_PER_REQUEST } from "../services/hasher/src/hash/decoders.ts";

const poolOf = (worker: string, threads: number): Piscina =>
  new Piscina({
    filename: fileURLToPath(new URL(`../services/${worker}`, import.meta.url)),
    minThreads: threads,
    maxThreads: threads,
    // The built code runs as in the service: tsx would turn each import into a call of a getter.
    execArgv: [],
  });

/** The hasher's processes without the service: one more than decode, as there. */
export const startHashers = (processes: number) => {
  const limits = {
    LOOKALIKE_DECODER_MEMORY_BYTES: 2 ** 31,
    LOOKALIKE_IMAGE_TIMEOUT_SECONDS: 60,
    LOOKALIKE_MAX_FILE_BYTES: 2 ** 30,
    LOOKALIKE_MAX_PIXELS: 300_000_000,
    LOOKALIKE_PIXELS_IN_FLIGHT: 200_000_000,
  };
  const script = new URL("../services/hasher/dist/hash/decode-child.js", import.meta.url);
  const decoders = createDecoders(limits, processes + 1, createLogger("bench", "silent"), script);
  return {
    /** How many files the hasher has in work at once. */
    concurrency: (processes + 1) * FILES_PER_REQUEST,
    async hash(path: string, features = DEFAULT_FEATURES): Promise<Outcome> {
      const stats = statSync(path, { bigint: true });
      const place = { root: dirname(path), below: "" };
      const found = { path: basename(path), fingerprint: fingerprintOf(stats), bytes: Number(stats.size) };
      return decoders.hashListed({ kind: "directory", place }, { ordinal: 0, ...foundImage(found) }, features);
    },
    close: () => decoders.close(),
  };
};

/** The comparer's worker threads without the service. */
export const startComparers = (threads: number) => {
  const pool = poolOf("comparer/dist/compare/compare-worker.js", threads);
  return {
    async compare(work: CompareWork): Promise<EdgePart[]> {
      const found: EdgePart[] = [];
      const { inline }: CompareAnswer = await storeParts(
        (parts) => pool.run({ work, parts }, { transferList: [parts.port] }),
        async (part) => void found.push(part),
      );
      return inline === null ? found : [...found, inline];
    },
    close: () => pool.close(),
  };
};
