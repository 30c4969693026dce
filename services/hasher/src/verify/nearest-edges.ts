import { decodeEdges, type Edges } from "@lookalike/shared/domain/grouping/edges";
import { at, byteAt } from "@lookalike/shared/domain/primitives/columns";

/** So many pairs that its hash finds of a picture are looked at, besides those that have it among their own nearest ones. */
export const LOOKED_EDGES = 32;

/** Whether a pair of two ordinals and their distance is looked at. */
export type IsLooked = (a: number, b: number, distanceBits: number) => boolean;

/**
 * Which edges of a job are looked at: each new picture's nearest ones, by distance, then by ordinal. So a flood of n look-alikes costs 32 n looks at most, and not n² / 2;
 * and as all of them prefer the same ones among equally near ones, a family that is one hash away from another one still has a picture with which all were compared.
 * A function of all edges, in whatever order they are read.
 * @param readEdges reads them, twice
 * @param firstNewOrdinal an older picture chooses nothing: it may have been looked at with many in earlier jobs
 */
export const nearestEdges = async (
  readEdges: () => AsyncIterable<{ readonly edges: Uint8Array }>,
  firstNewOrdinal: number,
  most = LOOKED_EDGES,
): Promise<IsLooked> => {
  const degrees = new Map<number, number>();
  const isNew = (ordinal: number): boolean => ordinal >= firstNewOrdinal;
  for await (const { edges } of readEdges())
    eachEnd(decodeEdges(edges), (from) => {
      if (isNew(from)) degrees.set(from, (degrees.get(from) ?? 0) + 1);
    });
  /** Of each picture with more edges than are looked at: its nearest ones, the farthest last. */
  const nearest = new Map<number, number[]>();
  for (const [ordinal, degree] of degrees) if (degree > most) nearest.set(ordinal, []);
  degrees.clear();
  if (nearest.size > 0)
    for await (const { edges } of readEdges())
      eachEnd(decodeEdges(edges), (from, to, bits) => {
        const own = nearest.get(from);
        if (own !== undefined) insertNearest(own, rankOf(to, bits), most);
      });
  const chooses = (from: number, to: number, bits: number): boolean => {
    if (!isNew(from)) return false;
    const own = nearest.get(from);
    return own === undefined || rankOf(to, bits) <= (own.at(-1) ?? Number.POSITIVE_INFINITY);
  };
  return (a, b, bits) => chooses(a, b, bits) || chooses(b, a, bits);
};

const eachEnd = ({ a, b, distance }: Edges, visit: (from: number, to: number, bits: number) => void): void => {
  a.forEach((one, edge) => {
    const [other, bits] = [at(b, edge), byteAt(distance, edge)];
    visit(one, other, bits);
    visit(other, one, bits);
  });
};

const MAX_IMAGES = 2 ** 32;

/** The nearer one first, and of equally near ones the lower ordinal. */
const rankOf = (ordinal: number, bits: number): number => bits * MAX_IMAGES + ordinal;

const insertNearest = (nearest: number[], rank: number, most: number): void => {
  const last = nearest.at(-1);
  if (nearest.length >= most && last !== undefined && rank >= last) return;
  let place = nearest.length;
  while (place > 0 && (nearest[place - 1] ?? 0) > rank) place -= 1;
  nearest.splice(place, 0, rank);
  if (nearest.length > most) nearest.pop();
};
