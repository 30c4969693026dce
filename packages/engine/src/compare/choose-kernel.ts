import {
  bandOfTask,
  blocksOfTile,
  type IndexedPlan,
  type IndexPlan,
  type KernelChoice,
  type Plan,
  taskCount,
} from "@lookalike/shared/domain/job/plan";
import type { Backend } from "./backend.ts";
import { type Band, bandsOf, neighbourhood } from "./bands.ts";
import { earlyOutBytes } from "./exhaustive.ts";
import { headBytesOf, rowBytesOf } from "./kernel.ts";

// What a join costs, in seconds of one core. The constants were measured (`pnpm bench indexed` prints
// the model's figure beside the clock's); they choose how to compare, never what is found.

const NS = 1e-9;

interface Costs {
  /** A pair in the exhaustive kernel, for each byte before the early-out. */
  readonly pairByte: number;
  /** A row sorted by one band. */
  readonly sortedRow: number;
  /** A value of a band, empty or not. */
  readonly value: number;
  /** A value within the flips of one that has rows. */
  readonly visit: number;
  /** The same, for each row. */
  readonly rowVisit: number;
  /** A pair that a band brings together, for each byte of its rows' heads. */
  readonly candidateByte: number;
}

const WASM_BANDS = { sortedRow: 30 * NS, value: 1 * NS, visit: 3.5 * NS, rowVisit: 0, candidateByte: 0.0625 * NS };

const COSTS: Readonly<Record<Backend["name"], Costs>> = {
  avx512: {
    pairByte: 0.006 * NS,
    sortedRow: 7.6 * NS,
    value: 2.9 * NS,
    visit: 2.7 * NS,
    rowVisit: 1.5 * NS,
    candidateByte: 0.0074 * NS,
  },
  // Sorting takes half of WebAssembly's time; the rest of a band is little faster.
  avx2: { pairByte: 0.032 * NS, ...WASM_BANDS, sortedRow: 15 * NS },
  // Not measured: as in WebAssembly, which uses the same instructions there.
  neon: { pairByte: 0.062 * NS, ...WASM_BANDS },
  wasm: { pairByte: 0.062 * NS, ...WASM_BANDS },
};

/**
 * How many times more pairs than of random hashes a band is expected to bring together: the bits of real hashes are
 * skewed. Bands bring real-like ones together 11 times as often with 64 bits, 33 times with 256. A fifth of that is
 * expected: neither kind then takes twice the time of its best bands.
 */
const skewOf = (rowBytes: number): number => (rowBytes * 8) / 40;

/** All `pairs` of rows, exhaustively. */
const exhaustiveSeconds = (backend: Backend["name"], pairs: number, rowBytes: number, radiusBits: number): number =>
  pairs * earlyOutBytes(rowBytes, radiusBits) * COSTS[backend].pairByte;

/**
 * Whether bands that bring a random pair together `collisions` times, on average, cost more than an
 * exhaustive join of the same rows.
 */
export const exhaustiveIsCheaper = (
  backend: Backend["name"],
  collisions: number,
  rowBytes: number,
  radiusBits: number,
): boolean =>
  collisions * headBytesOf(rowBytes) * COSTS[backend].candidateByte >
  exhaustiveSeconds(backend, 1, rowBytes, radiusBits);

/** Rows of two tiles, or of one against itself. */
interface TileRows {
  readonly left: number;
  readonly right: number;
  readonly same: boolean;
}

/** A tile pair, by all `bands`. */
export const indexedSeconds = (
  backend: Backend["name"],
  tiles: TileRows,
  bands: readonly Band[],
  rowBytes: number,
): number => {
  const { sortedRow, value, visit, rowVisit, candidateByte } = COSTS[backend];
  const candidate = candidateByte * headBytesOf(rowBytes) * skewOf(rowBytes);
  return bands.reduce((seconds, { bits, flips }) => {
    const values = 2 ** bits.length;
    const rows = Math.min(tiles.left, tiles.right);
    const neighbours = neighbourhood(bits.length, flips);
    const half = tiles.same ? 0.5 : 1;
    return (
      seconds +
      (tiles.same ? rows : tiles.left + tiles.right) * sortedRow +
      values * value +
      (Math.min(rows, values) * visit + rows * rowVisit) * (neighbours - 1) * half +
      tiles.left * tiles.right * half * (neighbours / values) * candidate
    );
  }, 0);
};

/**
 * What the indexed kernel must save, in seconds of one core. Below that, many small tasks that run
 * while images are still being hashed are worth more.
 */
const WORTH_SECONDS = 1;

/** Images of a tile at most: two tiles and one band of both stay below half a gigabyte at 256 bits. */
const TILE_IMAGES = 4_194_304;

interface Comparing {
  /** The backend that the comparers are assumed to have. */
  readonly backend: Backend["name"];
  readonly choice: KernelChoice;
  /** The exhaustive plan. */
  readonly plan: Plan;
  readonly blockSize: number;
  readonly hashBits: number;
  readonly radiusBits: number;
}

/** How a job compares, null = exhaustively, and why in words: the estimated cost of both kernels. */
export const chooseKernel = (job: Comparing): { index: IndexPlan | null; kernelReason: string } => {
  const { backend, choice, plan, blockSize, hashBits, radiusBits } = job;
  const old = plan.firstBlock * blockSize;
  const added = (plan.blocks - plan.firstBlock) * blockSize;
  const exhaustive = exhaustiveSeconds(backend, added * (old + added / 2), rowBytesOf(hashBits), radiusBits);
  const tileBlocks = evenTileBlocks(plan, blockSize);
  const best = cheapestBands(job, tileBlocks);
  if (best === null) return { index: null, kernelReason: "no new images" };
  const kernelReason = `estimated seconds of one core: exhaustive ${shown(exhaustive)}, indexed ${shown(best.seconds)} by ${best.bands} bands`;
  const indexed = choice === "indexed" || (choice === "auto" && best.seconds + WORTH_SECONDS < exhaustive);
  return { index: indexed ? { tileBlocks, bands: best.bands } : null, kernelReason };
};

/** Tiles as even as they can be, none above {@link TILE_IMAGES}. */
const evenTileBlocks = ({ firstBlock, blocks }: Plan, blockSize: number): number => {
  const most = Math.max(1, Math.floor(TILE_IMAGES / blockSize));
  const larger = Math.max(firstBlock, blocks - firstBlock, 1);
  return Math.ceil(larger / Math.ceil(larger / most));
};

const cheapestBands = (
  { backend, plan, blockSize, hashBits, radiusBits }: Comparing,
  tileBlocks: number,
): { bands: number; seconds: number } | null => {
  const pairs = newTilePairs({ ...plan, index: { tileBlocks, bands: 1 } }, blockSize);
  if (pairs.length === 0) return null;
  let best: { bands: number; seconds: number } | null = null;
  for (let count = 1; count <= radiusBits + 1; count += 1) {
    const bands = bandsOf(hashBits, radiusBits, count);
    if (bands === null) continue;
    const seconds = pairs.reduce((sum, tiles) => sum + indexedSeconds(backend, tiles, bands, rowBytesOf(hashBits)), 0);
    if (best === null || seconds < best.seconds) best = { bands: count, seconds };
  }
  return best;
};

/** The tile pairs that an indexed plan compares, whatever its bands. */
const newTilePairs = (plan: IndexedPlan, blockSize: number): TileRows[] => {
  const rowsOf = (tile: number): number => {
    const { from, to } = blocksOfTile(plan, tile);
    return (to - from) * blockSize;
  };
  return Array.from({ length: taskCount(plan) }, (_, task) => {
    const { i, j } = bandOfTask(plan, task);
    return { left: rowsOf(i), right: rowsOf(j), same: i === j };
  });
};

const shown = (seconds: number): string => (seconds < 10 ? seconds.toPrecision(2) : Math.round(seconds).toString());
