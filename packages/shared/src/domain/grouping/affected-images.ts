import { OrdinalSet } from "../primitives/bit-set.ts";
import { at, byteAt } from "../primitives/columns.ts";
import { DisjointSets } from "../primitives/disjoint-sets.ts";
import { decodeEdges } from "./edges.ts";

/**
 * The images that may be grouped in another way than before: those connected with one that is new, has vanished or
 * was decided about. All others have the neighbours they had, so their groups are what they were.
 * @param extent one past the highest ordinal
 * @param results all edges among images, and the pairs of equal ones; edges of vanished images among them, since one
 * that vanished may have kept two others in separate groups
 * @param connects whether an edge counts
 */
export const affectedImages = async (
  extent: number,
  results: AsyncIterable<{ readonly edges: Uint8Array }>,
  connects: (a: number, b: number, distanceBits: number) => boolean,
  changed: Iterable<number>,
): Promise<OrdinalSet> => {
  const connected = new DisjointSets(extent);
  for await (const { edges } of results) {
    const { a, b, distance } = decodeEdges(edges);
    for (let edge = 0; edge < a.length; edge += 1) {
      const [x, y] = [at(a, edge), at(b, edge)];
      if (connects(x, y, byteAt(distance, edge))) connected.join(x, y);
    }
  }
  const roots = new OrdinalSet([], extent);
  for (const image of changed) roots.add(connected.rootOf(image));
  const affected = new OrdinalSet([], extent);
  for (let image = 0; image < extent; image += 1) if (roots.has(connected.rootOf(image))) affected.add(image);
  return affected;
};
