import type { Grouping } from "../job/options.ts";
import { at } from "../primitives/columns.ts";
import { cliqueCover } from "./clique-cover.ts";
import { neighboursOf, type SimilarityGraph } from "./similarity.ts";

/** What groups a graph of similar hashes: all but `masters`, which needs to know what images are to each other. */
export type GraphGrouping = Exclude<Grouping, "masters">;

/**
 * Groups of nodes of the similarity graph, each of two members or more, ascending, and ordered by their first two
 * members. The same graph gives the same groups, whoever computed it in whatever order.
 *
 * - `clique`: all members are mutually similar, so dissimilar images are never chained together; an image
 *   is in one group at most. See `clique-cover.ts`.
 * - `star`: every member is similar to the group's centre, the free node with most free neighbours.
 * - `pairs`: every similar pair is a group; an image may be in several.
 * - `transitive`: connected components. One wrong edge joins two groups that are not similar: for review only.
 */
export const groupNodes = (graph: SimilarityGraph, grouping: GraphGrouping): number[][] =>
  GROUPINGS[grouping](graph).sort(byFirstMembers);

/** The order of groups: by their first members, then by their second ones. */
export const byFirstMembers = (x: readonly number[], y: readonly number[]): number =>
  memberAt(x, 0) - memberAt(y, 0) || memberAt(x, 1) - memberAt(y, 1);

const memberAt = (group: readonly number[], index: number): number => {
  const member = group[index];
  if (member === undefined) throw new RangeError("a group has two members at least");
  return member;
};

const cliques = (graph: SimilarityGraph): number[][] =>
  components(graph).flatMap((component) => cliqueCover(graph, component));

const stars = (graph: SimilarityGraph): number[][] => {
  const taken = new Uint8Array(graph.count);
  const byDegree = components(graph)
    .flat()
    .sort((x, y) => neighboursOf(graph, y).length - neighboursOf(graph, x).length || x - y);
  const groups: number[][] = [];
  for (const centre of byDegree) {
    if (taken[centre] === 1) continue;
    const star = [centre, ...neighboursOf(graph, centre)].filter((node) => taken[node] !== 1);
    if (star.length < 2) continue;
    for (const member of star) taken[member] = 1;
    groups.push(star.sort(ascending));
  }
  return groups;
};

const pairs = (graph: SimilarityGraph): number[][] => {
  const groups: number[][] = [];
  for (let node = 0; node < graph.count; node += 1) {
    for (const neighbour of neighboursOf(graph, node)) if (neighbour > node) groups.push([node, neighbour]);
  }
  return groups;
};

const components = (graph: SimilarityGraph): number[][] => {
  const seen = new Uint8Array(graph.count);
  const groups: number[][] = [];
  for (let seed = 0; seed < graph.count; seed += 1) {
    if (seen[seed] === 1 || at(graph.offsets, seed) === at(graph.offsets, seed + 1)) continue;
    seen[seed] = 1;
    const component = [seed];
    // The component grows while it is iterated over.
    for (const node of component) {
      for (const neighbour of neighboursOf(graph, node)) {
        if (seen[neighbour] === 1) continue;
        seen[neighbour] = 1;
        component.push(neighbour);
      }
    }
    groups.push(component.sort(ascending));
  }
  return groups;
};

const GROUPINGS = { clique: cliques, star: stars, pairs, transitive: components };

const ascending = (x: number, y: number): number => x - y;
