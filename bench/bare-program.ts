import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { blockHashes } from "@lookalike/engine/compare/block-hashes";
import { hashBlockOf } from "@lookalike/shared/domain/image/hash-block";
import { defaultThresholdBits, radiusBitsFor } from "@lookalike/shared/domain/job/options";
import pMap from "p-map";
import { countGroups } from "./count-groups.ts";
import { startComparers, startHashers } from "./worker-pools.ts";

const BITS = 256;
const BLOCK = 250;

/**
 * The rival of `bench pipeline`: the same hashing and comparing in the same worker threads, in one
 * program: no database, no messages, no events, nothing stored.
 */
export const startBareProgram = (threads: number) => {
  const hashers = startHashers(threads);
  const comparers = startComparers(threads);
  return {
    /** Groups the files of a folder. @returns how many groups there are */
    async run(folder: string): Promise<number> {
      const names = (await readdir(folder)).sort();
      const outcomes = await pMap(names, (name) => hashers.hash(join(folder, name)), {
        concurrency: hashers.concurrency,
      });
      const blocks = new Map(
        Array.from({ length: Math.ceil(outcomes.length / BLOCK) }, (_, number) => [
          number,
          blockHashes(hashBlockOf(number, BITS, outcomes.slice(number * BLOCK, (number + 1) * BLOCK)), number * BLOCK),
        ]),
      );
      const threshold = defaultThresholdBits(BITS);
      const columns = [...blocks.keys()];
      const radiusBits = radiusBitsFor(BITS, threshold);
      const compareColumn = (j: number) => {
        const pairs = columns.slice(0, j + 1).map((i) => ({ i, j }));
        return comparers.compare({ kernel: "exhaustive", blocks, pairs, radiusBits });
      };
      const results = await pMap(columns, compareColumn, { concurrency: threads });
      return countGroups(hashBlockOf(0, BITS, outcomes), BITS / 8, results.flat(), threshold);
    },
    async stop() {
      await hashers.close();
      await comparers.close();
    },
  };
};
