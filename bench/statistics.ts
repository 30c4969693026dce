import { at } from "@lookalike/shared/domain/primitives/columns";

/** @throws RangeError when there are no values */
export const median = (values: readonly number[]): number => {
  const sorted = sortedValues(values);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? at(sorted, middle) : (at(sorted, middle - 1) + at(sorted, middle)) / 2;
};

/**
 * @param share 0.95 for the 95th percentile
 * @throws RangeError when there are no values
 */
export const percentile = (values: readonly number[], share: number): number =>
  at(sortedValues(values), Math.min(values.length - 1, Math.floor(values.length * share)));

const sortedValues = (values: readonly number[]): Float64Array => {
  if (values.length === 0) throw new RangeError("statistics of no values");
  return Float64Array.from(values).sort();
};
