/** Written by `pnpm bench probability`: the weights of probability.ts, and how many pairs they were fitted on. */
export const PAIRS = 817;
export const WEIGHTS: readonly number[] = [
  -3.505, 1.095, 1.188, 2.272, 0.656, -0.636, -0.102, -1.465, -2.702, -0.923, 2.442, 2.974,
];
