import { expect, it } from "vitest";
import { createSmallestFirst } from "./smallest-first.ts";

it("runs one at a time, the smallest of those that wait, also after one that failed", async () => {
  const inOrder = createSmallestFirst();
  const order: number[] = [];
  let running = 0;
  const work = (size: number) =>
    inOrder(size, async () => {
      running += 1;
      expect(running).toBe(1);
      order.push(size);
      await Promise.resolve();
      running -= 1;
      if (size === 3) throw new Error("failed");
      return size;
    }).catch(() => -1);
  const results = await Promise.all([20, 5, 3, 9, 5].map(work));
  expect([order, results]).toEqual([
    [20, 3, 5, 5, 9],
    [20, 5, -1, 9, 5],
  ]);
});
