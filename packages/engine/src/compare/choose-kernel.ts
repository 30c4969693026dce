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
import { bandsOf } from "./bands.ts";
import { exhaustiveSeconds, indexedSeconds, type TileRows } from "./cost.ts";
import { rowBytesOf } from "./kernel.ts";

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
