import type { KernelChoice } from "@lookalike/shared/domain/options";
import { blocksOfTile, type IndexPlan, type Plan, tileCount } from "@lookalike/shared/domain/plan";
import { exhaustiveSeconds, indexedSeconds } from "./cost.ts";
import { earlyOutBytes } from "./exhaustive.ts";

/**
 * What the indexed kernel must save, in seconds of one core. Below that, many small tasks that run
 * while images are still being hashed are worth more.
 */
const WORTH_SECONDS = 1;

/** Images of a tile at most: two tiles and one band of both stay below half a gigabyte at 256 bits. */
export const TILE_IMAGES = 4_194_304;

interface Comparing {
  readonly choice: KernelChoice;
  /** The exhaustive plan. */
  readonly plan: Plan;
  readonly blockSize: number;
  readonly hashBits: number;
  readonly radiusBits: number;
}

/** How a job compares, null = exhaustively, and why in words: the estimated cost of both kernels. */
export const chooseKernel = (job: Comparing): { index: IndexPlan | null; kernelReason: string } => {
  const { choice, plan, blockSize, hashBits, radiusBits } = job;
  const old = plan.firstBlock * blockSize;
  const added = (plan.blocks - plan.firstBlock) * blockSize;
  const exhaustive = exhaustiveSeconds(
    added * (old + added / 2),
    earlyOutBytes(Math.ceil(hashBits / 64) * 8, radiusBits),
  );
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
  { plan, blockSize, hashBits, radiusBits }: Comparing,
  tileBlocks: number,
): { bands: number; seconds: number } | null => {
  let best: { bands: number; seconds: number } | null = null;
  for (let bands = 1; bands <= radiusBits + 1; bands += 1) {
    const tiled = { ...plan, index: { tileBlocks, bands } };
    const rows = Array.from({ length: tileCount(tiled) }, (_, tile) => {
      const { from, to } = blocksOfTile(tiled, tile);
      return { rows: (to - from) * blockSize, isNew: from >= plan.firstBlock };
    });
    let seconds: number | null = rows.length === 0 ? null : 0;
    rows.forEach(({ rows: right, isNew }, j) => {
      if (!isNew) return;
      rows.slice(0, j + 1).forEach(({ rows: left }, i) => {
        const cost = indexedSeconds({ left, right, same: i === j }, hashBits, radiusBits, bands);
        seconds = cost === null || seconds === null ? null : seconds + cost;
      });
    });
    if (seconds !== null && (best === null || seconds < best.seconds)) best = { bands, seconds };
  }
  return best;
};

const shown = (seconds: number): string => (seconds < 10 ? seconds.toPrecision(2) : Math.round(seconds).toString());
