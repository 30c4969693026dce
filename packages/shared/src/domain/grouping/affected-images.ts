import { OrdinalSet } from "../primitives/bit-set.ts";
import { at, byteAt } from "../primitives/columns.ts";
import { decodeEdges } from "./edges.ts";

/**
 * The images that may be grouped in another way than before: those connected with one that is new, has vanished or
 * was decided about. All others have the neighbours they had, so their groups are what they were.
 * @param extent one past the highest ordinal
 * @param results all edges among images, and the pairs of equal ones; edges of vanished images among them, since one
 * that vanished may have kept two others in separate groups
 */
export const affectedImages = async (
  extent: number,
  results: AsyncIterable<{ readonly edges: Uint8Array }>,
  thresholdBits: number,
  changed: Iterable<number>,
): Promise<OrdinalSet> => {
  const parent = new Uint32Array(extent);
  for (let image = 0; image < extent; image += 1) parent[image] = image;
  const rootOf = (image: number): number => {
    let root = image;
    while (at(parent, root) !== root) {
      // Path halving (Tarjan and van Leeuwen, 1984).
      parent[root] = at(parent, at(parent, root));
      root = at(parent, root);
    }
    return root;
  };
  for await (const { edges } of results) {
    const { a, b, distance } = decodeEdges(edges);
    for (let edge = 0; edge < a.length; edge += 1) {
      if (byteAt(distance, edge) > thresholdBits) continue;
      const x = rootOf(at(a, edge));
      const y = rootOf(at(b, edge));
      parent[Math.max(x, y)] = Math.min(x, y);
    }
  }
  const roots = new OrdinalSet([], extent);
  for (const image of changed) roots.add(rootOf(image));
  const affected = new OrdinalSet([], extent);
  for (let image = 0; image < extent; image += 1) if (roots.has(rootOf(image))) affected.add(image);
  return affected;
};
