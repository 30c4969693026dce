import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  emptySet,
  fullSet,
  has,
  missing,
  OrdinalSet,
  prefixLength,
  size,
  union,
  withoutUnit,
  withUnit,
} from "./bit-set.ts";

const LIMIT = 200;
const units = fc.array(fc.nat(LIMIT - 1));
const setOf = (numbers: number[]) => numbers.reduce(withUnit, emptySet(LIMIT));

describe("a done set", () => {
  it("contains the units that were added, in any order and any number of times", () => {
    fc.assert(
      fc.property(units, (numbers) => {
        const set = setOf(numbers);
        const expected = new Set(numbers);
        expect(setOf([...numbers].reverse())).toEqual(set);
        expect(size(set)).toBe(expected.size);
        for (let unit = 0; unit < LIMIT; unit += 1) expect(has(set, unit)).toBe(expected.has(unit));
        expect([...missing(set, 0, LIMIT)]).toEqual(
          Array.from({ length: LIMIT }, (_, unit) => unit).filter((unit) => !expected.has(unit)),
        );
      }),
    );
  });

  it("has a prefix up to the first unit that is missing", () => {
    fc.assert(
      fc.property(units, fc.nat(LIMIT), (numbers, limit) => {
        const set = setOf(numbers);
        let expected = 0;
        while (expected < limit && numbers.includes(expected)) expected += 1;
        expect(prefixLength(set, limit)).toBe(expected);
      }),
    );
  });

  it("may be the union of two sets, and a unit may be removed from it", () => {
    expect(union(setOf([1, 9]), setOf([2]))).toEqual(setOf([1, 2, 9]));
    expect(withoutUnit(setOf([1, 2]), 2)).toEqual(setOf([1]));
    expect(size(fullSet(77))).toBe(77);
  });

  it("does not change when a unit is added to a copy", () => {
    const before = setOf([3]);
    withUnit(before, 4);
    expect(has(before, 4)).toBe(false);
  });

  it.each([-1, LIMIT, 1.5])("rejects unit %d, for which it has no room", (unit) => {
    expect(() => withUnit(emptySet(LIMIT), unit)).toThrow(RangeError);
  });
});

it("an ordinal set contains each ordinal once, ascending", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(100_000)), fc.nat(100_000), (ordinals, other) => {
      const set = new OrdinalSet();
      for (const ordinal of ordinals) set.add(ordinal);
      expect(set.size).toBe(new Set(ordinals).size);
      expect(set.has(other)).toBe(ordinals.includes(other));
      expect([...new OrdinalSet(ordinals)]).toEqual([...new Set(ordinals)].sort((a, b) => a - b));
    }),
  );
  expect([...OrdinalSet.below(3)]).toEqual([0, 1, 2]);
});
