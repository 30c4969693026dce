import { at, byteAt } from "../primitives/columns.ts";
import { type Edges, pairOrder } from "./edges.ts";

/**
 * The similar pairs among `count` nodes, as sorted adjacency lists in compressed sparse rows:
 * the neighbours of node v are `neighbours[offsets[v]] … neighbours[offsets[v + 1] - 1]`.
 */
export interface SimilarityGraph {
  readonly count: number;
  readonly offsets: Uint32Array;
  readonly neighbours: Uint32Array;
  /** Distance in bits of each entry of `neighbours`. */
  readonly distances: Uint8Array;
}

/**
 * Builds the graph of `edges` over nodes 0..count-1; an edge that occurs twice is stored once. The edges are
 * sorted without comparisons, so that ten million take seconds.
 */
export const similarityGraph = (count: number, edges: Edges): SimilarityGraph => {
  const size = edges.a.length;
  /** Both directions of each edge: entry e is a -> b, entry size + e is b -> a. */
  const from = new Uint32Array(size * 2);
  const to = new Uint32Array(size * 2);
  from.set(edges.a);
  from.set(edges.b, size);
  to.set(edges.b);
  to.set(edges.a, size);
  // Digits are as wide as a node's number: one pass per column is several times as fast with millions of edges.
  const order = pairOrder(from, to, Math.ceil(Math.log2(count + 1)));
  const offsets = new Uint32Array(count + 1);
  const neighbours = new Uint32Array(size * 2);
  const distances = new Uint8Array(size * 2);
  let end = 0;
  let node = 0;
  for (const entry of order) {
    for (; node < at(from, entry); node += 1) offsets[node + 1] = end;
    const neighbour = at(to, entry);
    if (end > at(offsets, node) && neighbours[end - 1] === neighbour) continue;
    neighbours[end] = neighbour;
    distances[end] = byteAt(edges.distance, entry % size);
    end += 1;
  }
  offsets.fill(end, node + 1);
  return { count, offsets, neighbours: neighbours.slice(0, end), distances: distances.slice(0, end) };
};

export const neighboursOf = (graph: SimilarityGraph, node: number): Uint32Array =>
  graph.neighbours.subarray(at(graph.offsets, node), at(graph.offsets, node + 1));

/** Distance of an edge in bits, or null when the two are not similar. Binary search. */
export const distanceBetween = (graph: SimilarityGraph, a: number, b: number): number | null => {
  let low = at(graph.offsets, a);
  let high = at(graph.offsets, a + 1) - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = at(graph.neighbours, middle);
    if (found === b) return byteAt(graph.distances, middle);
    if (found < b) low = middle + 1;
    else high = middle - 1;
  }
  return null;
};
