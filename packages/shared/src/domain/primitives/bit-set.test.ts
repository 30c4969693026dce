import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { emptySet, fullSet, has, missing, prefixLength, size, union, withoutUnit, withUnit } from "./bit-set.ts";

const LIMIT = 200;
const units = fc.array(fc.nat(LIMIT - 1));
const setOf = (numbers: number[]) => numbers.reduce(withUnit, emptySet(LIMIT));

describe("a done set", () => {
  it("holds what was put in, whatever the order and however often", () => {
    fc.assert(
      fc.property(units, (numbers) => {
        const set = setOf(numbers);
        const wanted = new Set(numbers);
        expect(setOf([...numbers].reverse())).toEqual(set);
        expect(size(set)).toBe(wanted.size);
        for (let unit = 0; unit < LIMIT; unit += 1) expect(has(set, unit)).toBe(wanted.has(unit));
        expect([...missing(set, 0, LIMIT)]).toEqual(
          Array.from({ length: LIMIT }, (_, at) => at).filter((at) => !wanted.has(at)),
        );
      }),
    );
  });

  it("knows how long its unbroken start is", () => {
    fc.assert(
      fc.property(units, fc.nat(LIMIT), (numbers, limit) => {
        const set = setOf(numbers);
        let wanted = 0;
        while (wanted < limit && numbers.includes(wanted)) wanted += 1;
        expect(prefixLength(set, limit)).toBe(wanted);
      }),
    );
  });

  it("is a union of others, and gives a unit back", () => {
    expect(union(setOf([1, 9]), setOf([2]))).toEqual(setOf([1, 2, 9]));
    expect(withoutUnit(setOf([1, 2]), 2)).toEqual(setOf([1]));
    expect(size(fullSet(77))).toBe(77);
  });

  it("leaves the set it was made from as it was", () => {
    const before = setOf([3]);
    withUnit(before, 4);
    expect(has(before, 4)).toBe(false);
  });

  it.each([-1, LIMIT, 1.5])("refuses unit %d, for which it has no room", (unit) => {
    expect(() => withUnit(emptySet(LIMIT), unit)).toThrow(RangeError);
  });
});
