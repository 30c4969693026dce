import { at } from "../primitives/columns.ts";
import { pairOrder } from "./pair-order.ts";

/** Similar pairs of images: ordinals a < b and their Hamming distance in bits, in columns. */
export interface Edges {
  readonly a: Uint32Array;
  readonly b: Uint32Array;
  readonly distance: Uint8Array;
}

export const NO_EDGES: Edges = {
  a: new Uint32Array(0),
  b: new Uint32Array(0),
  distance: new Uint8Array(0),
};

export const edgeCount = (edges: Edges): number => edges.a.length;

/** The edges of all lists, one list after the other. */
export const concatEdges = (lists: readonly Edges[]): Edges => {
  const count = lists.reduce((sum, list) => sum + edgeCount(list), 0);
  const edges = { a: new Uint32Array(count), b: new Uint32Array(count), distance: new Uint8Array(count) };
  let at = 0;
  for (const { a, b, distance } of lists) {
    edges.a.set(a, at);
    edges.b.set(b, at);
    edges.distance.set(distance, at);
    at += a.length;
  }
  return edges;
};

/**
 * Edges in ascending (a, b), each as two delta varints (LEB128) and a distance byte, 3 to 11 bytes
 * an edge. Equal edge sets give equal bytes, so a digest can compare two workers' answers.
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
    bytes[end++] = at(edges.distance, edge);
    lastA = a;
    lastB = b;
  }
  return bytes.slice(0, end);
};

/** Inverse of {@link encodeEdges}. @throws RangeError on bytes that end inside an edge */
export const decodeEdges = (bytes: Uint8Array): Edges => {
  const most = Math.floor(bytes.length / MIN_EDGE_BYTES);
  const a = new Uint32Array(most);
  const b = new Uint32Array(most);
  const distance = new Uint8Array(most);
  let count = 0;
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
    const nextA = lastA + varint();
    const nextB = varint() + (nextA === lastA ? lastB : nextA);
    a[count] = nextA;
    b[count] = nextB;
    distance[count] = byte();
    count += 1;
    lastA = nextA;
    lastB = nextB;
  }
  return { a: a.subarray(0, count), b: b.subarray(0, count), distance: distance.subarray(0, count) };
};

const MIN_EDGE_BYTES = 3;
