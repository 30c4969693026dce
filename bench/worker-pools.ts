import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Outcome } from "@lookalike/shared/domain/image/hash-block";
import { createProcessPool } from "@lookalike/shared/runtime/process-pool";
import { fingerprintOf } from "@lookalike/shared/sources/listed-file";
import { Piscina } from "piscina";
import type { CompareAnswer, CompareWork } from "../services/comparer/src/compare/compare-worker.ts";
import { type EdgePart, storeParts } from "../services/comparer/src/compare/edge-parts.ts";
import type { FileRequest } from "../services/hasher/src/hash/hash-file.ts";

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
  const pool = createProcessPool<FileRequest, Outcome>({
    script: new URL("../services/hasher/dist/hash/decode-child.js", import.meta.url),
    processes: processes + 1,
    memoryBytes: 2 ** 31,
    budget: 200_000_000,
  });
  return {
    async hash(path: string): Promise<Outcome> {
      const file = {
        root: { root: dirname(path), below: "" },
        path: basename(path),
        fingerprint: fingerprintOf(await stat(path, { bigint: true })),
        maxBytes: 2 ** 30,
      };
      return pool.run({ file, maxPixels: 300_000_000, timeoutSeconds: 60 }, 60_000);
    },
    close: () => pool.close(),
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
