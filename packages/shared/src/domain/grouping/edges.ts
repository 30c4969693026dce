import { at, byteAt, withRoom } from "../primitives/columns.ts";

/** Similar pairs of images: ordinals a < b and their Hamming distance in bits, in columns. */
export interface Edges {
  readonly a: Uint32Array;
  readonly b: Uint32Array;
  readonly distance: Uint8Array;
}

export const edgeCount = (edges: Edges): number => edges.a.length;

/** Edges in columns that grow as edges are added. */
export class EdgeList {
  #a = new Uint32Array(64);
  #b = new Uint32Array(64);
  #distance = new Uint8Array(64);
  #count = 0;

  add(a: number, b: number, distance: number): void {
    const edge = this.#count;
    this.#reserve(edge + 1);
    this.#a[edge] = a;
    this.#b[edge] = b;
    this.#distance[edge] = distance;
    this.#count += 1;
  }

  addAll({ a, b, distance }: Edges): void {
    this.#reserve(this.#count + a.length);
    this.#a.set(a, this.#count);
    this.#b.set(b, this.#count);
    this.#distance.set(distance, this.#count);
    this.#count += a.length;
  }

  /** The edges so far, in the order in which they were added: parts of the list's own columns. */
  get edges(): Edges {
    return {
      a: this.#a.subarray(0, this.#count),
      b: this.#b.subarray(0, this.#count),
      distance: this.#distance.subarray(0, this.#count),
    };
  }

  #reserve(count: number): void {
    if (count <= this.#a.length) return;
    this.#a = withRoom(this.#a, count);
    this.#b = withRoom(this.#b, count);
    this.#distance = withRoom(this.#distance, count);
  }
}

/**
 * Edges in ascending (a, b), each as two delta varints (LEB128) and a distance byte, 3 to 11 bytes
 * per edge. Equal edge sets give equal bytes, so a digest can compare two workers' results.
 */
export const encodeEdges = (edges: Edges): Uint8Array => {
  const count = edgeCount(edges);
  const order = pairOrder(edges.a, edges.b);
  const bytes = new Uint8Array(count * 11);
  let end = 0;
  const varint = (value: number) => {
    let rest = value;
    while (rest >= 0x80) {
      bytes[end++] = (rest & 0x7f) | 0x80;
      rest = rest >>> 7;
    }
    bytes[end++] = rest;
  };
  let lastA = 0;
  let lastB = 0;
  for (const edge of order) {
    const a = at(edges.a, edge);
    const b = at(edges.b, edge);
    varint(a - lastA);
    varint(b - (a === lastA ? lastB : a));
    bytes[end++] = byteAt(edges.distance, edge);
    lastA = a;
    lastB = b;
  }
  return bytes.slice(0, end);
};

/** Inverse of {@link encodeEdges}. @throws RangeError on bytes that end inside an edge */
export const decodeEdges = (bytes: Uint8Array): Edges => {
  const edges = new EdgeList();
  let end = 0;
  const byte = (): number => {
    const value = bytes[end++];
    if (value === undefined) throw new RangeError(`edges end inside an edge, at byte ${end - 1}`);
    return value;
  };
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const part = byte();
      value += (part & 0x7f) * 2 ** shift;
      if (part < 0x80) return value;
    }
  };
  let lastA = 0;
  let lastB = 0;
  while (end < bytes.length) {
    const a = lastA + varint();
    const b = varint() + (a === lastA ? lastB : a);
    edges.add(a, b, byte());
    lastA = a;
    lastB = b;
  }
  return edges.edges;
};

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
