import { z } from "zod";

/** `exhaustive` compares every pair, `indexed` finds the same edges by bands of bits; `auto` takes the cheaper one. */
export const KernelChoice = z.enum(["auto", "exhaustive", "indexed"]);
export type KernelChoice = z.infer<typeof KernelChoice>;

/** The indexed kernel compares large tiles of blocks, one band of hash bits at a time: `bands` tasks per tile pair. */
export const IndexPlan = z.object({ tileBlocks: z.int().min(1), bands: z.int().min(1) });
export type IndexPlan = z.infer<typeof IndexPlan>;

/** Candidates are sought in pairs of tiles of so many blocks, whatever kernel finds the edges. */
export const CandidatePlan = z.object({ tileBlocks: z.int().min(1) });
export type CandidatePlan = z.infer<typeof CandidatePlan>;

/**
 * A job's plan is never stored: it is arithmetic on these numbers. Blocks are runs of image ordinals; block pairs are
 * numbered column by column, so all pairs among finished blocks are a prefix; a task is a run of pair numbers.
 */
export const Plan = z.strictObject({
  /** Columns before this one were compared by an earlier job of the catalog. */
  firstBlock: z.int(),
  /** Blocks of the catalog, counted from block 0. */
  blocks: z.int(),
  pairsPerTask: z.int(),
  /** null = the exhaustive kernel compares every pair. */
  index: IndexPlan.nullable().default(null),
  /** Left out where a job verifies nothing: nobody would look at its candidates. */
  candidates: CandidatePlan.optional(),
});
/** The indexed kernel cuts the same pairs into tasks in its own way. */
export type IndexedPlan = Readonly<z.infer<typeof Plan>> & { readonly index: IndexPlan };
export type Plan = IndexedPlan | (Readonly<z.infer<typeof Plan>> & { readonly index: null });

/** Block pair (i, j), i <= j: block i against block j; i = j is a block against itself. */
export interface BlockPair {
  readonly i: number;
  readonly j: number;
}

export interface Range {
  /** First number in the range. */
  readonly from: number;
  /** One past the last. */
  readonly to: number;
}

/** The numbers in a range, ascending; none where it ends before it begins. */
export const numbersIn = ({ from, to }: Range): number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);

/** Number of pairs in the first `columns` columns of the triangle: columns (columns + 1) / 2. */
export const pairsInColumns = (columns: number): number => (columns * (columns + 1)) / 2;

/** Number of block pair (i, j) in the column-major triangle. Inverse of {@link pairOf}. */
export const pairNumber = ({ i, j }: BlockPair): number => pairsInColumns(j) + i;

/**
 * Pair (i, j) of the column-major triangle. Inverse of {@link pairNumber}.
 * @param pair 0 <= pair < 2^52
 * @throws RangeError outside that
 */
export const pairOf = (pair: number): BlockPair => {
  if (!Number.isInteger(pair) || pair < 0 || pair >= 2 ** 52) {
    throw new RangeError(`pair ${pair}: must be a whole number from 0 to 2^52 - 1`);
  }
  let j = Math.floor((Math.sqrt(8 * pair + 1) - 1) / 2);
  // The square root is rounded near 2^52: step to the column that holds the pair.
  while (pairsInColumns(j) > pair) j -= 1;
  while (pairsInColumns(j + 1) <= pair) j += 1;
  return { i: pair - pairsInColumns(j), j };
};

/** Block pairs this plan compares. */
export const pairCount = (plan: Plan): number => pairsInColumns(plan.blocks) - pairsInColumns(plan.firstBlock);

/** Comparison tasks of this plan: those that find edges, then those that find candidates. */
export const taskCount = (plan: Plan): number => {
  const tiling = candidateTiling(plan);
  return edgeTaskCount(plan) + (tiling === null ? 0 : newTilePairs(tiling, tileCount(tiling)));
};

/** Comparison tasks that find edges. */
export const edgeTaskCount = (plan: Plan): number =>
  plan.index === null
    ? Math.ceil(pairCount(plan) / plan.pairsPerTask)
    : newTilePairs(edgeTiling(plan), tileCount(edgeTiling(plan))) * plan.index.bands;

/** The pair numbers of task `task` of an exhaustive plan; the last task of a plan may be short. */
export const pairsOfTask = (plan: Plan, task: number): Range => {
  const first = pairsInColumns(plan.firstBlock);
  const from = first + task * plan.pairsPerTask;
  return { from, to: Math.min(from + plan.pairsPerTask, first + pairCount(plan)) };
};

/** Blocks in tiles of so many. */
interface Tiling extends Pick<Plan, "firstBlock" | "blocks"> {
  readonly tileBlocks: number;
}

const edgeTiling = ({ firstBlock, blocks, index: { tileBlocks } }: IndexedPlan): Tiling => ({
  firstBlock,
  blocks,
  tileBlocks,
});

const candidateTiling = ({ firstBlock, blocks, candidates }: Plan): Tiling | null =>
  candidates === undefined ? null : { firstBlock, blocks, tileBlocks: candidates.tileBlocks };

/** Tiles of the blocks before `firstBlock`: the new blocks after them begin a tile of their own. */
const oldTiles = ({ firstBlock, tileBlocks }: Tiling): number => Math.ceil(firstBlock / tileBlocks);

const tileCount = (tiling: Tiling): number =>
  oldTiles(tiling) + Math.ceil((tiling.blocks - tiling.firstBlock) / tiling.tileBlocks);

/** Pairs among the first `tiles` tiles in which at least one tile is new. */
const newTilePairs = (tiling: Tiling, tiles: number): number =>
  pairsInColumns(tiles) - pairsInColumns(oldTiles(tiling));

/** The `pair`-th of the tile pairs in which at least one tile is new, column by column. */
const newTilePair = (tiling: Tiling, pair: number): BlockPair => pairOf(pairsInColumns(oldTiles(tiling)) + pair);

const blocksOf = (tiling: Tiling, tile: number): Range => {
  const { firstBlock, blocks, tileBlocks } = tiling;
  const old = oldTiles(tiling);
  const [start, end, number] = tile < old ? [0, firstBlock, tile] : [firstBlock, blocks, tile - old];
  return { from: start + number * tileBlocks, to: Math.min(start + (number + 1) * tileBlocks, end) };
};

/** The blocks of a tile. */
export const blocksOfTile = (plan: IndexedPlan, tile: number): Range => blocksOf(edgeTiling(plan), tile);

/** The blocks of the two tiles in which task `task` finds candidates; null where it finds edges. The two are equal where it is of one tile. */
export const candidateTiles = (plan: Plan, task: number): { readonly left: Range; readonly right: Range } | null => {
  const tiling = candidateTiling(plan);
  const pair = task - edgeTaskCount(plan);
  if (tiling === null || pair < 0) return null;
  const { i, j } = newTilePair(tiling, pair);
  return { left: blocksOf(tiling, i), right: blocksOf(tiling, j) };
};

/** The tile pair and the band of task `task`: tile pairs column by column, all bands of each. */
export const bandOfTask = (plan: IndexedPlan, task: number): BlockPair & { readonly band: number } => {
  const { bands } = plan.index;
  return { ...newTilePair(edgeTiling(plan), Math.floor(task / bands)), band: task % bands };
};

/**
 * Runs of blocks of which task `task` compares the images with each other, each in one task: of the bands of a tile, in the first. Equal hashes in
 * a run are compared as one, so that no edge connects them.
 */
export const ownBlocks = (plan: Plan, task: number): Range[] => {
  if (candidateTiles(plan, task) !== null) return [];
  if (plan.index === null)
    return numbersIn(pairsOfTask(plan, task))
      .map(pairOf)
      .flatMap(({ i, j }) => (i === j ? { from: i, to: i + 1 } : []));
  const { i, j, band } = bandOfTask(plan, task);
  return i === j && band === 0 ? [blocksOfTile(plan, i)] : [];
};

/** The blocks that task `task` compares, each once. */
export const blocksOfTask = (plan: Plan, task: number): number[] => {
  const tiles = candidateTiles(plan, task);
  if (tiles !== null) return [...new Set([tiles.left, tiles.right].flatMap(numbersIn))];
  if (plan.index === null)
    return [
      ...new Set(
        numbersIn(pairsOfTask(plan, task))
          .map(pairOf)
          .flatMap(({ i, j }) => [i, j]),
      ),
    ];
  const { i, j } = bandOfTask(plan, task);
  return [...new Set([i, j].map((tile) => blocksOfTile(plan, tile)).flatMap(numbersIn))];
};

/**
 * How many tasks, from task 0 on, touch only blocks below `hashedPrefix`: these can be compared
 * while the blocks after them are still being hashed. Candidates are found when all are hashed.
 */
export const eligibleTasks = (plan: Plan, hashedPrefix: number): number => {
  if (hashedPrefix >= plan.blocks) return taskCount(plan);
  if (plan.index !== null) {
    const tiling = edgeTiling(plan);
    const tiles = oldTiles(tiling) + Math.floor((hashedPrefix - plan.firstBlock) / tiling.tileBlocks);
    return Math.max(0, newTilePairs(tiling, tiles)) * plan.index.bands;
  }
  const pairs = pairsInColumns(hashedPrefix) - pairsInColumns(plan.firstBlock);
  return Math.max(0, Math.floor(pairs / plan.pairsPerTask));
};

/**
 * Images per block when the owner does not choose: few enough blocks that a job has less than about
 * 60,000 tasks, up to ten million images and beyond.
 */
export const defaultBlockSize = (images: number): number =>
  images <= 250_000 ? 250 : images <= 2_500_000 ? 1_024 : 4_096;

/**
 * Images of a tile in which candidates are sought. In larger tiles, what many pictures have is found to be frequent sooner, and each one's evidence is read less often;
 * smaller ones divide the work among more workers, which need less memory: half a gigabyte for two of 16,384 images.
 */
const candidateTileImages = (images: number): number => (images <= 262_144 ? 16_384 : 32_768);

/** How a new job of a catalog of so many images seeks candidates. */
export const candidatePlanFor = (images: number, blockSize: number): CandidatePlan => ({
  tileBlocks: Math.max(1, Math.floor(candidateTileImages(images) / blockSize)),
});
