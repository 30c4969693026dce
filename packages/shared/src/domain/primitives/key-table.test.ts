import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NONE } from "./columns.ts";
import { KeyTable } from "./key-table.ts";

const WIDTH = 2;
const keys = fc.array(fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -3, max: 3 })), { maxLength: 60 });

describe("a table of keys", () => {
  it("numbers distinct keys in the order in which they are added, and grows", () => {
    fc.assert(
      fc.property(keys, fc.integer({ min: 0, max: 100 }), (all, capacity) => {
        const table = new KeyTable(WIDTH, capacity);
        const known = new Map<string, number>();
        for (const key of all) {
          const name = key.join();
          expect(table.find(Int32Array.from(key))).toBe(known.get(name) ?? NONE);
          if (!known.has(name)) known.set(name, known.size);
          // The key may be anywhere in a column.
          expect(table.add(Int32Array.from([7, ...key, 7]), 1)).toBe(known.get(name));
        }
        expect(table.size).toBe(known.size);
        expect([...table.keys]).toEqual([...known.keys()].flatMap((name) => name.split(",").map(Number)));
      }),
    );
  });
});
