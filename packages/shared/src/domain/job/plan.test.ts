import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bandOfTask,
  blocksOfTask,
  blocksOfTile,
  candidateTiles,
  edgeTaskCount,
  eligibleTasks,
  type IndexedPlan,
  numbersIn,
  ownBlocks,
  type Plan,
  pairCount,
  pairNumber,
  pairOf,
  pairsOfTask,
  taskCount,
} from "./plan.ts";

const planFor = (images: number, blockSize: number, pairsPerTask: number): Plan => ({
  firstBlock: 0,
  index: null,
  blocks: Math.ceil(images / blockSize),
  pairsPerTask,
});
const plans = fc
  .record({
    blocks: fc.integer({ min: 0, max: 60 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    pairsPerTask: fc.integer({ min: 1, max: 99 }),
  })
  .map(
    ({ blocks, share, pairsPerTask }): Plan => ({
      firstBlock: Math.floor(share * blocks),
      blocks,
      pairsPerTask,
      index: null,
    }),
  );

describe("the plan", () => {
  it("makes of 96,144 images what the failed run had: 385 blocks, 74,305 pairs, 1,487 tasks", () => {
    const plan = planFor(96_144, 250, 50);
    expect([plan.blocks, pairCount(plan), taskCount(plan)]).toEqual([385, 74_305, 1_487]);
  });

  it.each([
    [50, 1_487],
    [500, 149],
    [1_000, 75],
  ])("needs %i pairs a task for %i tasks", (pairsPerTask, tasks) => {
    expect(taskCount(planFor(96_144, 250, pairsPerTask))).toBe(tasks);
  });

  it.each([
    [1_000_000, 1_024, 977, 477_753, 9_556],
    [10_000_000, 4_096, 2_442, 2_982_903, 59_659],
  ])("scales to %i images", (images, blockSize, blocks, pairs, tasks) => {
    const plan = planFor(images, blockSize, 50);
    expect([plan.blocks, pairCount(plan), taskCount(plan)]).toEqual([blocks, pairs, tasks]);
  });

  it("numbers pairs column by column, and finds each pair again", () => {
    expect([0, 1, 2, 3, 4, 5].map(pairOf)).toEqual([
      { i: 0, j: 0 },
      { i: 0, j: 1 },
      { i: 1, j: 1 },
      { i: 0, j: 2 },
      { i: 1, j: 2 },
      { i: 2, j: 2 },
    ]);
    fc.assert(
      fc.property(
        fc.maxSafeNat().map((pair) => pair % 2 ** 52),
        (pair) => pairNumber(pairOf(pair)) === pair,
      ),
    );
  });

  it.each([-1, 0.5, 2 ** 52, Number.NaN])("refuses pair number %d", (pair) => {
    expect(() => pairOf(pair)).toThrow(RangeError);
  });

  it("gives every pair from its first column on to exactly one task", () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const seen: string[] = [];
        for (let task = 0; task < taskCount(plan); task += 1) {
          const { from, to } = pairsOfTask(plan, task);
          expect(to).toBeGreaterThan(from);
          for (let pair = from; pair < to; pair += 1) seen.push(JSON.stringify(pairOf(pair)));
        }
        const expected: string[] = [];
        for (let j = plan.firstBlock; j < plan.blocks; j += 1)
          for (let i = 0; i <= j; i += 1) expected.push(JSON.stringify({ i, j }));
        expect(seen).toEqual(expected);
      }),
    );
  });

  it("lets a task start only when all its blocks are hashed, and every task in the end", () => {
    fc.assert(
      fc.property(plans, fc.nat(60), (plan, hashed) => {
        const prefix = Math.min(hashed, plan.blocks);
        const eligible = eligibleTasks(plan, prefix);
        for (let task = 0; task < eligible; task += 1) {
          const { to } = pairsOfTask(plan, task);
          expect(pairOf(to - 1).j).toBeLessThan(Math.max(prefix, 1));
        }
        expect(eligibleTasks(plan, plan.blocks)).toBe(taskCount(plan));
      }),
    );
  });
});

const indexedPlans = fc
  .record({
    blocks: fc.integer({ min: 0, max: 40 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    tileBlocks: fc.integer({ min: 1, max: 50 }),
    bands: fc.integer({ min: 1, max: 5 }),
  })
  .map(
    ({ blocks, share, tileBlocks, bands }): IndexedPlan => ({
      firstBlock: Math.floor(share * blocks),
      blocks,
      pairsPerTask: 50,
      index: { tileBlocks, bands },
    }),
  );

describe("an indexed plan", () => {
  it("gives each band every block pair from its first column on, once", () => {
    fc.assert(
      fc.property(indexedPlans, (plan) => {
        const bands = plan.index.bands;
        const seen = Array.from({ length: bands }, (): string[] => []);
        for (let task = 0; task < taskCount(plan); task += 1) {
          const { i, j, band } = bandOfTask(plan, task);
          const [left, right] = [blocksOfTile(plan, i), blocksOfTile(plan, j)];
          for (let x = left.from; x < left.to; x += 1)
            for (let y = i === j ? x : right.from; y < right.to; y += 1) seen[band]?.push(`${x} ${y}`);
        }
        const expected: string[] = [];
        for (let j = plan.firstBlock; j < plan.blocks; j += 1)
          for (let i = 0; i <= j; i += 1) expected.push(`${i} ${j}`);
        for (const pairs of seen) expect(pairs.sort()).toEqual(expected.sort());
      }),
    );
  });

  it("lets a task start only when its tiles are hashed, and every task in the end", () => {
    fc.assert(
      fc.property(indexedPlans, fc.nat(40), (plan, hashed) => {
        const prefix = Math.min(Math.max(hashed, plan.firstBlock), plan.blocks);
        for (let task = 0; task < eligibleTasks(plan, prefix); task += 1)
          expect(blocksOfTile(plan, bandOfTask(plan, task).j).to).toBeLessThanOrEqual(prefix);
        expect(eligibleTasks(plan, plan.blocks)).toBe(taskCount(plan));
      }),
    );
  });
});

describe("a plan that seeks candidates", () => {
  const candidatePlans = fc
    .record({ plan: fc.oneof(plans, indexedPlans), tileBlocks: fc.integer({ min: 1, max: 20 }) })
    .map(({ plan, tileBlocks }): Plan => ({ ...plan, candidates: { tileBlocks } }));
  const tasksAfterEdges = (plan: Plan) =>
    Array.from({ length: taskCount(plan) - edgeTaskCount(plan) }, (_, task) => edgeTaskCount(plan) + task);

  it("finds its edges by the same tasks as one that seeks none", () => {
    fc.assert(
      fc.property(candidatePlans, ({ candidates: _, ...plan }) => {
        const seeking = { ...plan, candidates: { tileBlocks: 3 } } as Plan;
        expect(edgeTaskCount(seeking)).toBe(taskCount(plan as Plan));
        for (let task = 0; task < edgeTaskCount(seeking); task += 1) {
          expect(candidateTiles(seeking, task)).toBeNull();
          expect(ownBlocks(seeking, task)).toEqual(ownBlocks(plan as Plan, task));
          expect(blocksOfTask(seeking, task)).toEqual(blocksOfTask(plan as Plan, task));
        }
      }),
    );
  });

  it("gives every block pair from its first column on to exactly one more task, after all blocks are hashed", () => {
    fc.assert(
      fc.property(candidatePlans, (plan) => {
        const seen: string[] = [];
        for (const task of tasksAfterEdges(plan)) {
          expect(ownBlocks(plan, task)).toEqual([]);
          const { left, right } = candidateTiles(plan, task) ?? expect.fail("finds edges");
          expect(new Set(blocksOfTask(plan, task))).toEqual(new Set([...numbersIn(left), ...numbersIn(right)]));
          for (const x of numbersIn(left))
            for (const y of numbersIn(right)) if (left.from !== right.from || x <= y) seen.push(`${x} ${y}`);
        }
        const expected = numbersIn({ from: plan.firstBlock, to: plan.blocks }).flatMap((j) =>
          numbersIn({ from: 0, to: j + 1 }).map((i) => `${i} ${j}`),
        );
        expect(seen.toSorted()).toEqual(expected.toSorted());
        if (plan.blocks > plan.firstBlock)
          expect(eligibleTasks(plan, plan.blocks - 1)).toBeLessThanOrEqual(edgeTaskCount(plan));
        expect(eligibleTasks(plan, plan.blocks)).toBe(taskCount(plan));
      }),
    );
  });
});
