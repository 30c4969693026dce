import { eliminated } from "@lookalike/engine/verify/eliminate";
import { logistic } from "@lookalike/engine/verify/probability";

/** One pair: its numbers, and whether it shows the same picture. */
export interface FittedPair {
  readonly numbers: readonly number[];
  readonly isSame: boolean;
}

const ROUNDS = 50;
const STILL = 1e-6;

/**
 * Weights of a logistic regression with a ridge penalty, by Newton's method (iteratively reweighted least squares: Hastie, Tibshirani and Friedman, 2009,
 * section 4.4.1). Deterministic. The penalty leaves weights finite where the numbers separate both kinds of pairs.
 * @param ridge the penalty of a weight's square; not of the constant
 */
export const fitLogistic = (pairs: readonly FittedPair[], ridge = 1): number[] => {
  const size = pairs[0]?.numbers.length ?? 0;
  let weights = new Array<number>(size).fill(0);
  for (let round = 0; round < ROUNDS; round += 1) {
    const step = newtonStep(pairs, weights, ridge);
    weights = weights.map((weight, index) => weight + (step[index] ?? 0));
    if (Math.max(...step.map(Math.abs)) < STILL) break;
  }
  return weights;
};

const newtonStep = (pairs: readonly FittedPair[], weights: readonly number[], ridge: number): number[] => {
  const size = weights.length;
  const rows = weights.map((weight, index) => {
    const penalty = index === 0 ? 0 : ridge;
    const row = new Float64Array(size + 1);
    row[index] = penalty;
    row[size] = -penalty * weight;
    return row;
  });
  for (const { numbers, isSame } of pairs) {
    const probability = logistic(numbers.reduce((sum, value, index) => sum + value * (weights[index] ?? 0), 0));
    const error = (isSame ? 1 : 0) - probability;
    const curvature = Math.max(1e-9, probability * (1 - probability));
    for (const [i, row] of rows.entries()) {
      const value = numbers[i] ?? 0;
      for (const [j, other] of numbers.entries()) row[j] = (row[j] ?? 0) + curvature * value * other;
      row[size] = (row[size] ?? 0) + error * value;
    }
  }
  return eliminated(rows) ?? new Array<number>(size).fill(0);
};
