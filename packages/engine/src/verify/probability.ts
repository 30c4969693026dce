import type { Comparison } from "./compare-pictures.ts";
import { PAIRS, WEIGHTS } from "./probability-weights.ts";

/** What is fitted besides the comparison. */
export interface PairNumbersOf {
  readonly isDocument: boolean;
  /** Whether the rules of kind.ts give a kind. */
  readonly isBelieved: boolean;
}

/** The numbers of a pair that its probability is fitted on, about 0..1 each; the first is the constant. */
export const pairNumbers = (comparison: Comparison, { isDocument, isBelieved }: PairNumbersOf): number[] => {
  const { ofA, ofB, textured, correlation, agreement, differing, region, colours, changes } = comparison;
  return [
    1,
    Math.max(ofA, ofB),
    Math.log2(1 + textured) / 9,
    Math.max(0, correlation),
    Math.max(0, agreement),
    differing,
    region,
    colours.differs,
    isDocument ? 1 : 0,
    isDocument ? differing : 0,
    changes === null ? 0 : 1,
    isBelieved ? 1 : 0,
  ];
};

/**
 * That a pair shows the same picture, 0..1, calibrated: logistic regression over its numbers, fitted by `pnpm bench probability`. It is never nearer to 0 or 1
 * than the pairs that it was fitted on can say (Laplace's rule of succession).
 */
export const probabilityOf = (numbers: readonly number[]): number => {
  const sum = numbers.reduce((total, value, index) => total + value * (WEIGHTS[index] ?? 0), 0);
  return bounded(logistic(sum), PAIRS);
};

export const logistic = (value: number): number => 1 / (1 + Math.exp(-value));

const bounded = (probability: number, pairs: number): number =>
  Math.max(1 / (pairs + 2), Math.min((pairs + 1) / (pairs + 2), probability));
