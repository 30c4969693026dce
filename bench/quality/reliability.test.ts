import { describe, expect, it } from "vitest";
import { fitLogistic } from "./fit-logistic.ts";
import { calibrationError, drawReliability, reliability } from "./reliability.ts";

describe("the reliability of probabilities", () => {
  const pairs = [
    ...Array.from({ length: 10 }, (_, index) => ({ probability: 0.95, isSame: index > 0 })),
    ...Array.from({ length: 10 }, () => ({ probability: 0.01, isSame: false })),
  ];

  it("is the part of pairs that show the same, by probability", () => {
    const bins = reliability(pairs);
    expect(bins.map(({ from, to, pairs: count, observed }) => [from, to, count, observed])).toEqual([
      [0, 0.02, 10, 0],
      [0.9, 0.98, 10, 0.9],
    ]);
    expect(calibrationError(bins)).toBeCloseTo((0.01 + 0.05) / 2, 10);
    expect(drawReliability(bins).match(/<circle/g)).toHaveLength(2);
  });

  it("counts certain pairs in the last bin", () => {
    expect(reliability([{ probability: 1, isSame: true }])).toMatchObject([{ to: 1, pairs: 1 }]);
  });
});

describe("a logistic regression", () => {
  it("finds the weights that pairs were drawn by", () => {
    // Of 8 pairs with the number 1 six are the same, of 8 with the number 0 two: the logarithms of the odds are ln 3 and -ln 3.
    const drawn = [
      ...Array.from({ length: 8 }, (_, index) => ({ numbers: [1, 1], isSame: index < 6 })),
      ...Array.from({ length: 8 }, (_, index) => ({ numbers: [1, 0], isSame: index < 2 })),
    ];
    const [constant, weight] = fitLogistic(drawn, 0);
    expect(constant).toBeCloseTo(-Math.log(3), 6);
    expect(weight).toBeCloseTo(2 * Math.log(3), 6);
  });

  it("has finite weights where the numbers separate the pairs", () => {
    const separated = [0, 1].flatMap((value) =>
      Array.from({ length: 5 }, () => ({ numbers: [1, value], isSame: value === 1 })),
    );
    for (const weight of fitLogistic(separated)) expect(Math.abs(weight)).toBeLessThan(20);
  });
});
