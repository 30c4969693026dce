import { at, byteAt } from "../primitives/columns.ts";
import { distanceBetween, neighboursOf, type SimilarityGraph } from "./similarity.ts";

/** Components up to this size get the best cover: that takes 3^10 / 2 steps at most. */
const MAX_EXACT_NODES = 10;

/**
 * Divides a connected component into cliques, each member in one; cliques of one member are left out.
 *
 * Small components: the cover with the fewest cliques, and of these the one whose members are
 * closest together (dynamic programming over subsets). Large ones: a greedy cover, since the best
 * one is NP-hard (Karp, 1972): it starts at the lowest free node and adds its closest free neighbours first, each
 * if it is similar to all members so far. That takes time in proportion to the component's edges.
 * @param component its nodes, ascending
 */
export const cliqueCover = (graph: SimilarityGraph, component: readonly number[]): number[][] => {
  if (component.length <= 2) return [[...component]];
  return component.length <= MAX_EXACT_NODES ? bestCover(graph, component) : greedyCover(graph, component);
};

/** The cost of a clique: more than all distances within a component together. */
const CLIQUE_COST = 2 ** 20;

/** A set of nodes is a number whose bit n stands for the n-th node of the component. */
const bestCover = (graph: SimilarityGraph, component: readonly number[]): number[][] => {
  const nodes = new Uint32Array(component);
  const sets = 2 ** nodes.length;
  const within = distancesWithin(graph, nodes);
  /** The least cost to cover a set, and the clique of that cover that has the set's lowest node. */
  const cost = new Float64Array(sets);
  const chosen = new Uint32Array(sets);
  for (let set = 1; set < sets; set += 1) {
    cost[set] = Number.POSITIVE_INFINITY;
    const rest = withoutLowest(set);
    for (let others = rest; ; others = (others - 1) & rest) {
      const clique = others | (set ^ rest);
      const total = at(within, clique) + CLIQUE_COST + at(cost, set ^ clique);
      if (total < at(cost, set)) {
        cost[set] = total;
        chosen[set] = clique;
      }
      if (others === 0) break;
    }
  }
  const groups: number[][] = [];
  for (let uncovered = sets - 1; uncovered !== 0; uncovered ^= at(chosen, uncovered)) {
    const clique = component.filter((_, index) => (at(chosen, uncovered) >> index) & 1);
    if (clique.length > 1) groups.push(clique);
  }
  return groups;
};

/** The sum of the distances within each set of nodes; infinite where the set is no clique. */
const distancesWithin = (graph: SimilarityGraph, nodes: Uint32Array): Float64Array => {
  const within = new Float64Array(2 ** nodes.length);
  for (let set = 1; set < within.length; set += 1) {
    const node = at(nodes, lowest(set));
    const rest = withoutLowest(set);
    let sum = at(within, rest);
    for (let others = rest; others !== 0; others = withoutLowest(others))
      sum += distanceBetween(graph, node, at(nodes, lowest(others))) ?? Number.POSITIVE_INFINITY;
    within[set] = sum;
  }
  return within;
};

const lowest = (set: number): number => 31 - Math.clz32(set & -set);
const withoutLowest = (set: number): number => set & (set - 1);

const greedyCover = (graph: SimilarityGraph, component: readonly number[]): number[][] => {
  const taken = new Set<number>();
  const groups: number[][] = [];
  for (const seed of component) {
    if (taken.has(seed)) continue;
    const clique = [seed];
    /** How many members of the clique, the seed not counted, each node is similar to. */
    const similarMembers = new Map<number, number>();
    const countOf = (node: number): number => similarMembers.get(node) ?? 0;
    for (const candidate of closestFirst(graph, seed)) {
      if (taken.has(candidate) || countOf(candidate) < clique.length - 1) continue;
      clique.push(candidate);
      for (const other of neighboursOf(graph, candidate)) similarMembers.set(other, countOf(other) + 1);
    }
    if (clique.length < 2) continue;
    for (const member of clique) taken.add(member);
    groups.push(clique.sort((x, y) => x - y));
  }
  return groups;
};

const closestFirst = (graph: SimilarityGraph, node: number): Uint32Array => {
  const first = at(graph.offsets, node);
  const neighbours = neighboursOf(graph, node);
  return Uint32Array.from(neighbours.keys())
    .sort((x, y) => byteAt(graph.distances, first + x) - byteAt(graph.distances, first + y) || x - y)
    .map((index) => at(neighbours, index));
};
