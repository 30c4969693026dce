import type { Edges } from "@lookalike/shared/domain/edges";
import type { ImageClasses } from "./classes.ts";

/**
 * Which classes may be grouped otherwise than before: those in a connected component with an image
 * that came or went. A component without one has the same members and edges as it had, so its
 * groups are what they were.
 * @param edges of all classes, those without live members among them: an image that went may have held two apart
 * @returns 1 for each touched class
 */
export const touchedClasses = (
  { count, ofOrdinal }: Pick<ImageClasses, "count" | "ofOrdinal">,
  edges: Edges,
  changed: Iterable<number>,
): Uint8Array => {
  const parent = new Uint32Array(count);
  for (let node = 0; node < count; node += 1) parent[node] = node;
  const rootOf = (node: number): number => {
    let root = node;
    while (parent[root] !== root) {
      // Path halving (Tarjan and van Leeuwen, 1984).
      parent[root] = parent[parent[root] ?? 0] ?? 0;
      root = parent[root] ?? 0;
    }
    return root;
  };
  edges.a.forEach((a, edge) => {
    const [x, y] = [rootOf(a), rootOf(edges.b[edge] ?? 0)];
    parent[Math.max(x, y)] = Math.min(x, y);
  });
  const roots = new Uint8Array(count);
  for (const ordinal of changed) {
    const number = ofOrdinal[ordinal] ?? -1;
    if (number >= 0) roots[rootOf(number)] = 1;
  }
  const touched = new Uint8Array(count);
  for (let number = 0; number < count; number += 1) touched[number] = roots[rootOf(number)] ?? 0;
  return touched;
};

/** The edges whose two classes satisfy `keep`. */
export const edgesAmong = ({ a, b, distance }: Edges, keep: (number: number) => boolean): Edges => {
  const kept = Uint32Array.from(a.keys()).filter((edge) => keep(a[edge] ?? 0) && keep(b[edge] ?? 0));
  return {
    a: kept.map((edge) => a[edge] ?? 0),
    b: kept.map((edge) => b[edge] ?? 0),
    distance: Uint8Array.from(kept, (edge) => distance[edge] ?? 0),
  };
};
