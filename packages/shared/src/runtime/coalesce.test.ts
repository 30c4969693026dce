import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { coalesce } from "./coalesce.ts";

/** Reads that end when the test says so, numbered from 1. */
const reads = () => {
  const ends: { resolve: (value: number) => void; reject: (error: Error) => void }[] = [];
  const read = coalesce(() => new Promise<number>((resolve, reject) => ends.push({ resolve, reject })));
  return { ends, read };
};

test("a question is never answered by a read that began before it", async () => {
  const { ends, read } = reads();
  const first = read();
  await turn();
  const [second, third] = [read(), read()];
  await turn();
  expect(ends).toHaveLength(1);
  ends[0]?.resolve(1);
  expect(await first).toBe(1);
  await turn();
  expect(ends).toHaveLength(2);
  ends[1]?.resolve(2);
  expect(await Promise.all([second, third])).toEqual([2, 2]);
});

test("a failed read fails for everyone who shared it, and the next one starts all the same", async () => {
  const { ends, read } = reads();
  const first = read();
  await turn();
  const second = read();
  ends[0]?.reject(new Error("gone"));
  await expect(first).rejects.toThrow("gone");
  await turn();
  ends[1]?.resolve(2);
  expect(await second).toBe(2);
});
