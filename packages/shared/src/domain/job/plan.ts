import { z } from "zod";

/** `exhaustive` compares every pair, `indexed` finds the same edges by bands of bits; `auto` takes the cheaper one. */
export const KernelChoice = z.enum(["auto", "exhaustive", "indexed"]);
export type KernelChoice = z.infer<typeof KernelChoice>;

/** The indexed kernel compares large tiles of blocks, one band of hash bits at a time: `bands` tasks per tile pair. */
export const IndexPlan = z.object({ tileBlocks: z.int().min(1), bands: z.int().min(1) });
export type IndexPlan = z.infer<typeof IndexPlan>;

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

/** Comparison tasks of this plan. */
export const taskCount = (plan: Plan): number =>
  plan.index === null
    ? Math.ceil(pairCount(plan) / plan.pairsPerTask)
    : newTilePairs(plan, tileCount(plan)) * plan.index.bands;

/** The pair numbers of task `task` of an exhaustive plan; the last task of a plan may be short. */
export const pairsOfTask = (plan: Plan, task: number): Range => {
  const first = pairsInColumns(plan.firstBlock);
  const from = first + task * plan.pairsPerTask;
  return { from, to: Math.min(from + plan.pairsPerTask, first + pairCount(plan)) };
};

/** Tiles of the blocks before `firstBlock`: the new blocks after them begin a tile of their own. */
const oldTiles = ({ firstBlock, index }: IndexedPlan): number => Math.ceil(firstBlock / index.tileBlocks);

const tileCount = (plan: IndexedPlan): number =>
  oldTiles(plan) + Math.ceil((plan.blocks - plan.firstBlock) / plan.index.tileBlocks);

/** Pairs among the first `tiles` tiles in which at least one tile is new. */
const newTilePairs = (plan: IndexedPlan, tiles: number): number =>
  pairsInColumns(tiles) - pairsInColumns(oldTiles(plan));

/** The blocks of a tile. */
export const blocksOfTile = (plan: IndexedPlan, tile: number): Range => {
  const { firstBlock, blocks } = plan;
  const size = plan.index.tileBlocks;
  const old = oldTiles(plan);
  const [start, end, number] = tile < old ? [0, firstBlock, tile] : [firstBlock, blocks, tile - old];
  return { from: start + number * size, to: Math.min(start + (number + 1) * size, end) };
};

/** The tile pair and the band of task `task`: tile pairs column by column, all bands of each. */
export const bandOfTask = (plan: IndexedPlan, task: number): BlockPair & { readonly band: number } => {
  const { bands } = plan.index;
  return { ...pairOf(pairsInColumns(oldTiles(plan)) + Math.floor(task / bands)), band: task % bands };
};

/**
 * Runs of blocks of which task `task` compares the images with each other, each in one task: of the bands of a tile, in the first. Equal hashes in
 * a run are compared as one, so that no edge connects them.
 */
export const ownBlocks = (plan: Plan, task: number): Range[] => {
  if (plan.index === null)
    return numbersIn(pairsOfTask(plan, task))
      .map(pairOf)
      .flatMap(({ i, j }) => (i === j ? { from: i, to: i + 1 } : []));
  const { i, j, band } = bandOfTask(plan, task);
  return i === j && band === 0 ? [blocksOfTile(plan, i)] : [];
};

/**
 * How many tasks, from task 0 on, touch only blocks below `hashedPrefix`: these can be compared
 * while the blocks after them are still being hashed.
 */
export const eligibleTasks = (plan: Plan, hashedPrefix: number): number => {
  if (hashedPrefix >= plan.blocks) return taskCount(plan);
  if (plan.index !== null) {
    const tiles = oldTiles(plan) + Math.floor((hashedPrefix - plan.firstBlock) / plan.index.tileBlocks);
    return Math.max(0, newTilePairs(plan, tiles)) * plan.index.bands;
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
