import { distanceBetween, neighboursOf, type SimilarityGraph } from "./similarity.ts";

/** Components up to this size get the best cover there is; 3^10 / 2 steps are still nothing. */
const EXACT_NODES = 10;

/**
 * Shares a connected component out into cliques, those with two members or more, each member in one.
 *
 * Small components: the cover with the fewest cliques, and of these the one whose members are
 * closest together (dynamic programming over subsets). Large ones: a greedy cover, since the best
 * one is NP-hard (Karp, 1972): from the lowest free node on, its closest free neighbours first, each
 * taken in if it is similar to all so far. That takes time in proportion to the component's edges.
 * @param component its nodes, ascending
 */
export const cliqueCover = (graph: SimilarityGraph, component: readonly number[]): number[][] =>
  component.length <= 2
    ? [[...component]]
    : component.length <= EXACT_NODES
      ? bestCover(graph, component)
      : greedyCover(graph, component);

/** Costs more than all distances within a component can sum up to. */
const CLIQUE = 2 ** 20;

const bestCover = (graph: SimilarityGraph, component: readonly number[]): number[][] => {
  const sets = 2 ** component.length;
  /** Sum of the distances within each set of nodes; infinite where it is no clique. */
  const within = new Float64Array(sets);
  /** Least cost to cover a set, and the clique that has its lowest node. */
  const cost = new Float64Array(sets);
  const chosen = new Uint16Array(sets);
  for (let set = 1; set < sets; set += 1) {
    const low = lowest(set);
    const rest = set & (set - 1);
    within[set] = within[rest] ?? 0;
    for (let others = rest; others !== 0; others &= others - 1) {
      const distance = distanceBetween(graph, component[low] ?? 0, component[lowest(others)] ?? 0);
      within[set] = (within[set] ?? 0) + (distance ?? Number.POSITIVE_INFINITY);
    }
    cost[set] = Number.POSITIVE_INFINITY;
    for (let others = rest; ; others = (others - 1) & rest) {
      const clique = others | (1 << low);
      const total = (within[clique] ?? 0) + CLIQUE + (cost[set ^ clique] ?? 0);
      if (total < (cost[set] ?? 0)) {
        cost[set] = total;
        chosen[set] = clique;
      }
      if (others === 0) break;
    }
  }
  const groups: number[][] = [];
  for (let left = sets - 1; left !== 0; left ^= chosen[left] ?? 0) {
    const clique = component.filter((_, at) => ((chosen[left] ?? 0) >> at) & 1);
    if (clique.length > 1) groups.push(clique);
  }
  return groups;
};

const lowest = (set: number): number => 31 - Math.clz32(set & -set);

const greedyCover = (graph: SimilarityGraph, component: readonly number[]): number[][] => {
  const taken = new Set<number>();
  const groups: number[][] = [];
  for (const seed of component) {
    if (taken.has(seed)) continue;
    const clique = [seed];
    /** How many members of the clique each node is similar to, the seed left out. */
    const similarTo = new Map<number, number>();
    for (const candidate of closestFirst(graph, seed)) {
      if (taken.has(candidate) || (similarTo.get(candidate) ?? 0) < clique.length - 1) continue;
      clique.push(candidate);
      for (const other of neighboursOf(graph, candidate)) similarTo.set(other, (similarTo.get(other) ?? 0) + 1);
    }
    if (clique.length < 2) continue;
    for (const member of clique) taken.add(member);
    groups.push(clique.sort((x, y) => x - y));
  }
  return groups;
};

const closestFirst = (graph: SimilarityGraph, node: number): Uint32Array => {
  const first = graph.offsets[node] ?? 0;
  const neighbours = neighboursOf(graph, node);
  const order = Uint32Array.from({ length: neighbours.length }, (_, at) => at).sort(
    (x, y) => (graph.distances[first + x] ?? 0) - (graph.distances[first + y] ?? 0) || x - y,
  );
  return order.map((at) => neighbours[at] ?? 0);
};
