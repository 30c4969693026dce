import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { blockHashes } from "@lookalike/engine/block-hashes";
import type { HashRows } from "@lookalike/engine/kernel";
import { PixelBudget } from "@lookalike/engine/pixel-budget";
import { decodeEdges, type Edges } from "@lookalike/shared/domain/edges";
import { groupNodes } from "@lookalike/shared/domain/grouping";
import { hashBlockOf, type Outcome } from "@lookalike/shared/domain/hash-block";
import { defaultThresholdBits, radiusBitsFor } from "@lookalike/shared/domain/options";
import { similarityGraph } from "@lookalike/shared/domain/similarity";
import pMap from "p-map";
import { Piscina } from "piscina";
import type { CompareAnswer } from "../services/comparer/src/compare-worker.ts";
import { storingParts } from "../services/comparer/src/edge-parts.ts";
import { fingerprintOf } from "../services/hasher/src/sources/directory.ts";

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
      return countGroups(outcomes, results.flat(), threshold);
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
): Promise<Edges[]> => {
  const results: Edges[] = [];
  const work = {
    kernel: "exhaustive",
    blocks,
    pairs: rows.map((i) => ({ i, j })),
    radiusBits: radiusBitsFor(BITS, threshold),
  };
  const { inline }: CompareAnswer = await storingParts(
    (parts) => comparers.run({ work, parts }, { transferList: [parts.port] }),
    async ({ edges }) => {
      results.push(decodeEdges(edges));
    },
  );
  return inline === null ? results : [...results, decodeEdges(inline.edges)];
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

const countGroups = (
  outcomes: readonly Outcome[],
  results: readonly ReturnType<typeof decodeEdges>[],
  threshold: number,
): number => {
  const classes = new Map<string, number>();
  const sizes: number[] = [];
  const classOf = outcomes.map((outcome) => {
    if (outcome.kind !== "hashed" && outcome.kind !== "flat") return -1;
    // Flat images are compared by their bytes alone, as in the system.
    const key = Buffer.from((outcome.kind === "flat" && outcome.contentDigest) || outcome.hash).toString("hex");
    const known = classes.get(key) ?? classes.size;
    classes.set(key, known);
    sizes[known] = (sizes[known] ?? 0) + 1;
    return known;
  });
  const a: number[] = [];
  const b: number[] = [];
  const distance: number[] = [];
  for (const edges of results) {
    edges.distance.forEach((bits, at) => {
      const [left = -1, right = -1] = [classOf[edges.a[at] ?? -1], classOf[edges.b[at] ?? -1]];
      if (bits > threshold || left === right) return;
      a.push(left);
      b.push(right);
      distance.push(bits);
    });
  }
  const groups = groupNodes(
    similarityGraph(sizes.length, {
      a: Uint32Array.from(a),
      b: Uint32Array.from(b),
      distance: Uint8Array.from(distance),
    }),
    "clique",
  );
  const grouped = new Set(groups.flat());
  return groups.length + sizes.filter((size, number) => size > 1 && !grouped.has(number)).length;
};
