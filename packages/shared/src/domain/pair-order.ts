const DIGIT_BITS = 11;

/**
 * The positions of the pairs (a[e], b[e]) by ascending a, then b; equal pairs in the order they are
 * given. A radix sort, the least significant digit first: ten million pairs take seconds.
 */
export const pairOrder = (a: Uint32Array, b: Uint32Array): Uint32Array => {
  let order = Uint32Array.from(a.keys());
  for (const column of [b, a]) {
    const largest = column.reduce((most, value) => Math.max(most, value), 0);
    for (let shift = 0; shift < 32 && largest >>> shift > 0; shift += DIGIT_BITS)
      order = sortedByDigit(order, column, shift);
  }
  return order;
};

const sortedByDigit = (order: Uint32Array, column: Uint32Array, shift: number): Uint32Array<ArrayBuffer> => {
  const values = 2 ** DIGIT_BITS;
  const digit = (pair: number): number => (at(column, pair) >>> shift) & (values - 1);
  const places = new Uint32Array(values + 1);
  for (const pair of order) places[digit(pair) + 1] = at(places, digit(pair) + 1) + 1;
  for (let value = 0; value < values; value += 1) places[value + 1] = at(places, value + 1) + at(places, value);
  const sorted = new Uint32Array(order.length);
  for (const pair of order) {
    const place = at(places, digit(pair));
    places[digit(pair)] = place + 1;
    sorted[place] = pair;
  }
  return sorted;
};

const at = (column: Uint32Array, index: number): number => column[index] ?? 0;
