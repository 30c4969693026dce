import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { blockHashes } from "@lookalike/engine/block-hashes";
import type { HashRows } from "@lookalike/engine/kernel";
import { PixelBudget } from "@lookalike/engine/pixel-budget";
import { hashBlockOf, type Outcome } from "@lookalike/shared/domain/hash-block";
import { defaultThresholdBits, radiusBitsFor } from "@lookalike/shared/domain/options";
import pMap from "p-map";
import { Piscina } from "piscina";
import type { CompareAnswer } from "../services/comparer/src/compare-worker.ts";
import { type EdgePart, storingParts } from "../services/comparer/src/edge-parts.ts";
import { fingerprintOf } from "../services/hasher/src/sources/directory.ts";
import { countGroups } from "./count-groups.ts";

const BITS = 256;
const BLOCK = 250;
const worker = (path: string): string => fileURLToPath(new URL(`../services/${path}`, import.meta.url));

/**
 * The rival of `bench pipeline`: the same hashing and comparing in the same worker threads, in one
 * program: no database, no messages, no events, nothing kept.
 */
export const startBareProgram = (threads: number) => {
  const hashers = new Piscina({
    filename: worker("hasher/dist/hash-worker.js"),
    minThreads: threads + 1,
    maxThreads: threads + 1,
  });
  const comparers = new Piscina({
    filename: worker("comparer/dist/compare-worker.js"),
    minThreads: threads,
    maxThreads: threads,
  });
  return {
    /** Groups the files of a folder. @returns how many groups there are */
    async run(folder: string): Promise<number> {
      const names = (await readdir(folder)).sort();
      const outcomes = await pMap(names, (name) => hashFile(hashers, join(folder, name)), { concurrency: threads * 2 });
      const blocks = new Map(
        Array.from({ length: Math.ceil(outcomes.length / BLOCK) }, (_, number) => [
          number,
          blockHashes(hashBlockOf(number, BITS, outcomes.slice(number * BLOCK, (number + 1) * BLOCK)), number * BLOCK),
        ]),
      );
      const threshold = defaultThresholdBits(BITS);
      const columns = [...blocks.keys()];
      const results = await pMap(columns, (j) => compare(comparers, blocks, columns.slice(0, j + 1), j, threshold), {
        concurrency: threads,
      });
      return countGroups(hashBlockOf(0, BITS, outcomes), BITS / 8, results.flat(), threshold);
    },
    async stop() {
      await hashers.close();
      await comparers.close();
    },
  };
};

/** Column `j` of the block pairs. */
const compare = async (
  comparers: Piscina,
  blocks: ReadonlyMap<number, HashRows>,
  rows: readonly number[],
  j: number,
  threshold: number,
): Promise<EdgePart[]> => {
  const results: EdgePart[] = [];
  const work = {
    kernel: "exhaustive",
    blocks,
    pairs: rows.map((i) => ({ i, j })),
    radiusBits: radiusBitsFor(BITS, threshold),
  };
  const { inline }: CompareAnswer = await storingParts(
    (parts) => comparers.run({ work, parts }, { transferList: [parts.port] }),
    async (part) => void results.push(part),
  );
  return inline === null ? results : [...results, inline];
};

const pixelBudget = PixelBudget.share(200_000_000);

const hashFile = async (hashers: Piscina, path: string): Promise<Outcome> => {
  const stats = await stat(path, { bigint: true });
  return hashers.run({
    path: Buffer.from(path),
    fingerprint: fingerprintOf(stats),
    maxBytes: 2 ** 30,
    maxPixels: 300_000_000,
    timeoutSeconds: 60,
    pixelBudget,
    heldPixels: PixelBudget.hold(),
  });
};
