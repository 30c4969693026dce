import { decodeEdges, type Edges } from "./edges.ts";

/**
 * Which images may be grouped otherwise than before: those connected with one that came, went or was decided
 * about. The others have the same neighbours as they had, so their groups are what they were.
 * @param extent one past the highest ordinal
 * @param results all edges among images, and what ties equal ones together; vanished images among them, since one
 * that went may have held two apart
 * @returns 1 for each touched ordinal
 */
export const affectedImages = async (
  extent: number,
  results: AsyncIterable<{ readonly edges: Uint8Array }>,
  thresholdBits: number,
  changed: readonly number[],
): Promise<Uint8Array> => {
  const parent = new Uint32Array(extent);
  for (let image = 0; image < extent; image += 1) parent[image] = image;
  const rootOf = (image: number): number => {
    let root = image;
    while (parent[root] !== root) {
      // Path halving (Tarjan and van Leeuwen, 1984).
      parent[root] = parent[parent[root] ?? 0] ?? 0;
      root = parent[root] ?? 0;
    }
    return root;
  };
  for await (const result of results) {
    const { a, b, distance } = decodeEdges(result.edges);
    for (let edge = 0; edge < a.length; edge += 1) {
      if ((distance[edge] ?? 0) > thresholdBits) continue;
      const [x, y] = [rootOf(a[edge] ?? 0), rootOf(b[edge] ?? 0)];
      parent[Math.max(x, y)] = Math.min(x, y);
    }
  }
  const roots = new Uint8Array(extent);
  for (const image of changed) roots[rootOf(image)] = 1;
  const affected = new Uint8Array(extent);
  for (let image = 0; image < extent; image += 1) affected[image] = roots[rootOf(image)] ?? 0;
  return affected;
};

/** The edges whose two ends satisfy `keep`. */
export const edgesAmong = ({ a, b, distance }: Edges, keep: (number: number) => boolean): Edges => {
  const kept = Uint32Array.from(a.keys()).filter((edge) => keep(a[edge] ?? 0) && keep(b[edge] ?? 0));
  return {
    a: kept.map((edge) => a[edge] ?? 0),
    b: kept.map((edge) => b[edge] ?? 0),
    distance: Uint8Array.from(kept, (edge) => distance[edge] ?? 0),
  };
};
