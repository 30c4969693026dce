import { fastestBackend, wasmBackend } from "@lookalike/engine/compare/backend";
import { exhaustiveBy } from "@lookalike/engine/compare/exhaustive";
import type { HashRows, Kernel } from "@lookalike/engine/compare/kernel";
import { type Bench, type Row, throughputRow } from "./bench.ts";
import { type HashSet, randomHashes } from "./hash-sets.ts";
import { type Reading, Rivals } from "./rival.ts";
import { median } from "./statistics.ts";

const ROWS = 16_384;
const PAIRS = (ROWS * (ROWS - 1)) / 2;
export const CASES = [
  { bits: 64, radius: 6, wasmGoal: 8, nativeGoal: 0.6 },
  { bits: 256, radius: 24, wasmGoal: 15, nativeGoal: 0.6 },
];

/** Seconds of one self-join, the fastest of three; every kernel finds the same pairs, or it throws. */
export const selfJoinSeconds = (kernel: Kernel, rows: HashRows, radius: number): { seconds: number; pairs: number } => {
  let seconds = Number.POSITIVE_INFINITY;
  let pairs = 0;
  for (let round = 0; round < 3; round += 1) {
    pairs = 0;
    const started = performance.now();
    kernel([{ left: rows, right: rows, same: true }], radius, ({ a }) => {
      pairs += a.length;
    });
    seconds = Math.min(seconds, (performance.now() - started) / 1_000);
  }
  return { seconds, pairs };
};

const compare = async (
  bench: string,
  kernel: Kernel,
  rounds: number,
  rivalName: string,
  rival: (rivals: Rivals, set: HashSet, bits: number, radius: number) => Promise<Reading>,
  goalOf: (of: (typeof CASES)[number]) => number,
  say: (text: string) => void,
): Promise<Row[]> => {
  const rivals = new Rivals();
  const rows: Row[] = [];
  for (const of of CASES) {
    const { bits, radius } = of;
    const hashes = randomHashes(ROWS, bits);
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const here = selfJoinSeconds(kernel, hashes, radius);
      const there = await rival(rivals, hashes, bits, radius);
      ours.push(PAIRS / here.seconds / 1e9);
      theirs.push(PAIRS / there.seconds / 1e9);
      say(`${bits} bits: ${ours.at(-1)?.toFixed(2)} and ${theirs.at(-1)?.toFixed(3)} G pairs/s`);
    }
    rows.push(
      throughputRow({
        bench,
        case: `${bits} bits, radius ${radius}, 1 thread`,
        ours: median(ours),
        rival: rivalName,
        theirs: median(theirs),
        unit: "G pairs/s",
        goal: goalOf(of),
      }),
    );
  }
  rivals.close();
  return rows;
};

export const exhaustive: Bench = {
  about: "the WebAssembly kernel against faiss IndexBinaryFlat, one thread each",
  run: (rounds, say) =>
    compare(
      "exhaustive",
      exhaustiveBy(wasmBackend),
      rounds,
      "faiss IndexBinaryFlat",
      (rivals, set, bits, radius) => rivals.faiss(set, bits, radius, "flat"),
      ({ wasmGoal }) => wasmGoal,
      say,
    ),
};

export const native: Bench = {
  about: "the native kernel against a C program that only counts, one thread each",
  run(rounds, say) {
    if (fastestBackend === wasmBackend)
      throw new Error("the native kernel is not built: a C compiler is needed, then npm run build");
    return compare(
      "native",
      exhaustiveBy(fastestBackend),
      rounds,
      "C, counting only",
      (rivals, set, bits, radius) => rivals.limit(set, bits, radius),
      ({ nativeGoal }) => nativeGoal,
      say,
    );
  },
};
