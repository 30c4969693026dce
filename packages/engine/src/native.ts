import { createRequire } from "node:module";
import { SLAB_ROWS, slabPairs } from "./exhaustive.ts";
import { comparisonsOf, EDGE_WORDS, edgesOf, type HashRows, type Kernel } from "./kernel.ts";

/** `native/addon.c`, built where there is a compiler. */
interface Addon {
  /** Instruction sets that can be used here, the best first: "avx512", "avx2", "neon", "portable". */
  readonly instructions: readonly string[];
  join(
    ...args: [
      left: Int32Array,
      leftCount: number,
      right: Int32Array,
      rightCount: number,
      radiusBits: number,
      same: boolean,
      edges: Uint32Array,
      firstRow: number,
      instructions: number,
    ]
  ): [edges: number, nextRow: number];
}

const load = (): Addon | null => {
  try {
    return createRequire(import.meta.url)("../dist/native.node");
  } catch {
    return null;
  }
};

const addon = load();

/** Edges of four rows of a slab at least: so many are found at once. */
const EDGES = 16 * SLAB_ROWS;
const buffer = new Uint32Array(EDGES * EDGE_WORDS);

/** A kernel that compares every pair with the machine's own vector instructions. */
interface NativeKernel {
  readonly name: string;
  readonly join: Kernel;
}

/** One kernel for each instruction set of this machine, the best first; none where the addon was not built. */
export const nativeKernels = (): NativeKernel[] =>
  (addon?.instructions ?? []).map((name, number) => ({ name, join: kernelOf(addon as Addon, number) }));

const kernelOf =
  ({ join }: Addon, instructions: number): Kernel =>
  (pairs, radiusBits, sink) => {
    let comparisons = 0;
    for (const pair of pairs) {
      comparisons += comparisonsOf(pair);
      for (const { row, column } of slabPairs(pair.left.ordinals.length, pair.right.ordinals.length, pair.same)) {
        const [left, right] = [slab(pair.left, row), slab(pair.right, column)];
        const [rows, columns] = [left.ordinals.length, right.ordinals.length];
        const same = pair.same && row === column;
        for (let next = 0; next < rows; ) {
          const [count, reached] = join(
            left.words,
            rows,
            right.words,
            columns,
            radiusBits,
            same,
            buffer,
            next,
            instructions,
          );
          if (count > 0) sink(edgesOf(buffer.subarray(0, count * EDGE_WORDS), left.ordinals, right.ordinals));
          next = reached;
        }
      }
    }
    return comparisons;
  };

const slab = ({ ordinals, words }: HashRows, first: number): HashRows => {
  const width = words.length / ordinals.length;
  return {
    ordinals: ordinals.subarray(first, first + SLAB_ROWS),
    words: words.subarray(first * width, (first + SLAB_ROWS) * width),
  };
};
