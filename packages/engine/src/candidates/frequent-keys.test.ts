import { describe, expect, it } from "vitest";
import { frequentKeys, type SideKeys } from "./frequent-keys.ts";

/** Rows by key: the picture of each. */
const side = (...keys: readonly (readonly number[])[]): SideKeys => {
  const pictures = keys.flat();
  const offsets = new Uint32Array(keys.length + 1);
  for (const [key, rows] of keys.entries()) offsets[key + 1] = (offsets[key] ?? 0) + rows.length;
  return {
    ordinals: Uint32Array.from(pictures),
    offsets,
    rowOf: Uint32Array.from(pictures, (_, row) => row),
  };
};

describe("frequent keys", () => {
  it("are those that more pictures have, each counted once however often it repeats a pattern", () => {
    const tile = side([1, 2, 3], [1, 1, 1, 1, 2], [], [4, 5, 6, 7]);
    expect([...frequentKeys(tile, null, 2)]).toEqual([0, 3]);
    expect([...frequentKeys(tile, null, 3)]).toEqual([3]);
    expect([...frequentKeys(tile, null, 4)]).toEqual([]);
  });

  it("are counted in both tiles", () => {
    expect([...frequentKeys(side([1, 2], [1]), side([7, 8], [9, 9]), 3)]).toEqual([0]);
  });
});
