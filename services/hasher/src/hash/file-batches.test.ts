import { expect, it } from "vitest";
import { FileBatches } from "./file-batches.ts";

/** Batches that are processed only when the test says so. */
const recorded = (processes: number, most: number) => {
  const batches: { readonly items: readonly number[]; readonly end: () => void }[] = [];
  const run = (items: readonly number[]): Promise<readonly string[]> =>
    new Promise((resolve) => batches.push({ items, end: () => resolve(items.map(String)) }));
  return { batches, files: new FileBatches(run, processes, most) };
};
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

it("divides what is added in one turn among the idle processes, in batches of a limited size", async () => {
  const { batches, files } = recorded(2, 4);
  const results = Promise.all(numbers(0, 10).map((item) => files.add(item)));
  await turn();
  expect(batches.map(({ items }) => items)).toEqual([numbers(0, 4), numbers(4, 8), numbers(8, 10)]);
  for (const { end } of batches) end();
  expect(await results).toEqual(numbers(0, 10).map(String));
});

it("fills the one process that became idle while others are busy", async () => {
  const { batches, files } = recorded(2, 4);
  const first = numbers(0, 6).map((item) => files.add(item));
  await turn();
  expect(batches.map(({ items }) => items.length)).toEqual([3, 3]);
  batches[0]?.end();
  await Promise.all(first.slice(0, 3));
  void numbers(6, 9).map((item) => files.add(item));
  await turn();
  expect(batches.map(({ items }) => items.length)).toEqual([3, 3, 3]);
});

it("rejects all of a batch that fails, and none of another", async () => {
  const fails = (items: readonly number[]) =>
    items.includes(0) ? Promise.reject(new Error("lost")) : Promise.resolve(items);
  const files = new FileBatches<number, number>(fails, 2, 2);
  const results = await Promise.allSettled(numbers(0, 4).map((item) => files.add(item)));
  expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled", "fulfilled"]);
});
