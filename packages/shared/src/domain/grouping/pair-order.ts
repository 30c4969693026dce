import { at } from "../primitives/columns.ts";

const DIGIT_BITS = 11;

/**
 * The positions of the pairs (a[e], b[e]) by ascending a, then b; equal pairs remain in their order. A radix sort
 * that starts at the least significant digit.
 * @param digitBits bits of a digit: with wider ones there are fewer passes, each with a table of 2^digitBits entries
 */
export const pairOrder = (a: Uint32Array, b: Uint32Array, digitBits = DIGIT_BITS): Uint32Array => {
  let order = Uint32Array.from(a.keys());
  for (const column of [b, a]) {
    const largest = column.reduce((most, value) => Math.max(most, value), 0);
    for (let shift = 0; shift < 32 && largest >>> shift > 0; shift += digitBits)
      order = sortedByDigit(order, column, shift, digitBits);
  }
  return order;
};

const sortedByDigit = (
  order: Uint32Array,
  column: Uint32Array,
  shift: number,
  digitBits: number,
): Uint32Array<ArrayBuffer> => {
  const mask = 2 ** digitBits - 1;
  const places = new Uint32Array(mask + 2);
  // The values are counted in the column's own order, which is the order in memory.
  for (const value of column) {
    const next = ((value >>> shift) & mask) + 1;
    places[next] = at(places, next) + 1;
  }
  for (let digit = 0; digit <= mask; digit += 1) places[digit + 1] = at(places, digit + 1) + at(places, digit);
  const sorted = new Uint32Array(order.length);
  for (const pair of order) {
    const digit = (at(column, pair) >>> shift) & mask;
    const place = at(places, digit);
    places[digit] = place + 1;
    sorted[place] = pair;
  }
  return sorted;
};
