import type { Edges } from "./edges.ts";

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

/** Builds the graph of `edges` over nodes 0..count-1; an edge given twice is kept once. */
export const similarityGraph = (count: number, edges: Edges): SimilarityGraph => {
  const degree = new Uint32Array(count + 1);
  const size = edges.a.length;
  for (let e = 0; e < size; e += 1) {
    degree[at(edges.a, e)] = at(degree, at(edges.a, e)) + 1;
    degree[at(edges.b, e)] = at(degree, at(edges.b, e)) + 1;
  }
  const start = new Uint32Array(count + 1);
  for (let v = 0; v < count; v += 1) start[v + 1] = at(start, v) + at(degree, v);
  const next = start.slice();
  // Neighbour and distance in one number, so that a plain sort orders a list by neighbour.
  const entries = new Float64Array(size * 2);
  const put = (from: number, to: number, distance: number) => {
    entries[at(next, from)] = to * 256 + distance;
    next[from] = at(next, from) + 1;
  };
  for (let e = 0; e < size; e += 1) {
    put(at(edges.a, e), at(edges.b, e), at(edges.distance, e));
    put(at(edges.b, e), at(edges.a, e), at(edges.distance, e));
  }
  const offsets = new Uint32Array(count + 1);
  const neighbours = new Uint32Array(size * 2);
  const distances = new Uint8Array(size * 2);
  let end = 0;
  for (let v = 0; v < count; v += 1) {
    let last = -1;
    for (const entry of entries.subarray(at(start, v), at(start, v + 1)).sort()) {
      const neighbour = Math.floor(entry / 256);
      if (neighbour === last) continue;
      neighbours[end] = neighbour;
      distances[end] = entry % 256;
      last = neighbour;
      end += 1;
    }
    offsets[v + 1] = end;
  }
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
    if (found === b) return at(graph.distances, middle);
    if (found < b) low = middle + 1;
    else high = middle - 1;
  }
  return null;
};

const at = (column: Uint32Array | Uint8Array, index: number): number => column[index] ?? 0;
