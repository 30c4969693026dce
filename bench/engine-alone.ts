import { basename, dirname } from "node:path";
import { fastestBackend } from "@lookalike/engine/compare/backend";
import { hashRows } from "@lookalike/engine/compare/block-hashes";
import { chooseKernel } from "@lookalike/engine/compare/choose-kernel";
import { STATE } from "@lookalike/shared/domain/image/hash-block";
import { defaultThresholdBits, radiusBitsFor } from "@lookalike/shared/domain/job/options";
import type { KernelChoice } from "@lookalike/shared/domain/job/plan";
import pMap from "p-map";
import type { CompareWork } from "../services/comparer/src/compare/compare-worker.ts";
import { walkHashes } from "../services/hasher/src/list/sources/hashes.ts";
import { countGroups } from "./count-groups.ts";
import { startComparers } from "./worker-pools.ts";

const SLAB = 4_096;

/**
 * The rival of `bench scale`: the same hashes from the same file through the same kernels in as many
 * worker threads, and grouped, in one process: no database, no messages, nothing stored.
 * @returns how many groups there are
 */
export const engineAlone = async (
  file: string,
  images: number,
  choice: KernelChoice,
  threads: number,
): Promise<number> => {
  const bytes = new Uint8Array(images * 32);
  let row = 0;
  const { parts } = await walkHashes({ kind: "hashes", file }, { root: dirname(file), below: basename(file) }, null);
  for await (const part of parts)
    for (const { givenHash } of part) {
      if (givenHash !== null) bytes.set(givenHash, row * 32);
      row += 1;
    }
  const states = new Uint8Array(images).fill(STATE.hashed);
  const { ordinals, words } = hashRows({ states, hashes: bytes }, 0);
  const threshold = defaultThresholdBits(256);
  const radiusBits = radiusBitsFor(256, threshold);
  const blocks = Math.ceil(images / SLAB);
  const plan = { firstBlock: 0, blocks, pairsPerTask: 50, index: null };
  const { index } = chooseKernel({
    backend: fastestBackend.name,
    choice,
    plan,
    blockSize: SLAB,
    hashBits: 256,
    radiusBits,
  });
  const tile = { id: "all", ordinals, words };
  const works: CompareWork[] =
    index === null
      ? Array.from({ length: blocks }, (_, j) => exhaustiveColumn(ordinals, words, j, radiusBits))
      : Array.from({ length: index.bands }, (_, band) => ({
          kernel: "indexed",
          left: tile,
          right: tile,
          hashBits: 256,
          radiusBits,
          band,
          bands: index.bands,
        }));
  const comparers = startComparers(threads);
  const results = await pMap(works, comparers.compare, { concurrency: threads });
  await comparers.close();
  const none = new Uint8Array(0);
  return countGroups(
    { block: 0, states, hashes: bytes, signatures: none, contentDigests: none },
    32,
    results.flat(),
    threshold,
  );
};

/** Column `j` of the slabs against all slabs up to it. */
const exhaustiveColumn = (ordinals: Uint32Array, words: Int32Array, j: number, radiusBits: number): CompareWork => ({
  kernel: "exhaustive",
  blocks: new Map(
    Array.from({ length: j + 1 }, (_, i) => [
      i,
      {
        ordinals: ordinals.subarray(i * SLAB, (i + 1) * SLAB),
        words: words.subarray(i * SLAB * 8, (i + 1) * SLAB * 8),
      },
    ]),
  ),
  pairs: Array.from({ length: j + 1 }, (_, i) => ({ i, j })),
  radiusBits,
});
