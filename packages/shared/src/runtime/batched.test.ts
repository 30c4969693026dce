import { describe, expect, it } from "vitest";
import { batched } from "./batched.ts";

describe("a batched function", () => {
  it("loads what was requested meanwhile in one call, in chunks of the limit", async () => {
    const calls: (readonly number[])[] = [];
    const double = batched(async (keys: readonly number[]) => {
      calls.push(keys);
      return new Map(keys.filter((key) => key < 100).map((key) => [key, 2 * key]));
    }, 3);
    expect(await Promise.all([1, 2, 2, 3, 4, 100].map(double))).toEqual([2, 4, 4, 6, 8, null]);
    expect(calls).toEqual([[1], [2, 3], [4, 100]]);
  });

  it("fails whom a call was for, and nobody after them", async () => {
    let calls = 0;
    const load = batched(async (keys: readonly number[]) => {
      calls += 1;
      if (calls === 1) throw new Error("away");
      return new Map(keys.map((key) => [key, key]));
    }, 10);
    await expect(load(1)).rejects.toThrow("away");
    expect(await load(2)).toBe(2);
  });
});
