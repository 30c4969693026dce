import fc from "fast-check";
import { expect, it } from "vitest";
import { OrdinalSet } from "./ordinal-set.ts";

it("an ordinal set holds what was added, once", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(100_000)), fc.nat(100_000), (ordinals, other) => {
      const set = new OrdinalSet();
      for (const ordinal of ordinals) set.add(ordinal);
      expect(set.size).toBe(new Set(ordinals).size);
      expect(set.has(other)).toBe(ordinals.includes(other));
    }),
  );
});
