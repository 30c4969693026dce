import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { PixelBudget } from "@lookalike/engine/hash/pixel-budget";
import type { Outcome } from "@lookalike/shared/domain/image/hash-block";
import { fingerprintOf } from "@lookalike/shared/sources/listed-file";
import { Piscina } from "piscina";
import type { CompareAnswer, CompareWork } from "../services/comparer/src/compare/compare-worker.ts";
import { type EdgePart, storeParts } from "../services/comparer/src/compare/edge-parts.ts";
import type { HashRequest } from "../services/hasher/src/hash/hash-file.ts";

const poolOf = (worker: string, threads: number): Piscina =>
  new Piscina({
    filename: fileURLToPath(new URL(`../services/${worker}`, import.meta.url)),
    minThreads: threads,
    maxThreads: threads,
    // The built code runs as in the service: tsx would turn each import into a call of a getter.
    execArgv: [],
  });

/** The hasher's worker threads without the service: one more than decode, as there. */
export const startHashers = (threads: number) => {
  const pool = poolOf("hasher/dist/hash/hash-file.js", threads + 1);
  const pixelBudget = PixelBudget.share(200_000_000);
  return {
    hash: async (path: string): Promise<Outcome> => {
      const request: HashRequest = {
        file: {
          root: dirname(path),
          path: basename(path),
          fingerprint: fingerprintOf(await stat(path, { bigint: true })),
          maxBytes: 2 ** 30,
        },
        maxPixels: 300_000_000,
        timeoutSeconds: 60,
        pixelBudget,
        heldPixels: PixelBudget.hold(),
      };
      return pool.run(request);
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
