import { DisjointSets } from "../primitives/disjoint-sets.ts";
import { groupBy } from "../primitives/group-by.ts";
import { equalMembers } from "./equal-members.ts";
import { familiesAround } from "./families-around.ts";
import type { Family, Separated } from "./family.ts";
import type { Member } from "./keeper.ts";
import { isCopyKind, type Relation } from "./relation.ts";

/**
 * Groups of related images: `masters`. Each member has a relation to its master, or to a whole copy of the master where nobody compared the two: a chain
 * joins no strangers. A burst and what is only similar is no relation that joins; where a pair was looked at and is one of these, no copy joins the two.
 * An image is in one family at most, and images with equal bytes or pixels are in the same one.
 *
 * The same images and relations give the same families in whatever order, and so do those of one connected part alone: {@link affectedImages} with all
 * relations as its edges says which parts may have changed.
 * @returns families of two images or more, by their first members
 */
export const groupByMasters = (
  members: readonly Member[],
  relations: readonly Relation[],
  separated: Separated = new Map(),
): Family[] => {
  const families: Family[] = [];
  for (const part of connectedParts(members, relations)) {
    let left = part.members;
    while (left.length > 1) {
      const { found, leftOver } = familiesAround(left, part.relations, separated);
      families.push(...found);
      left = leftOver;
    }
  }
  return families.sort((x, y) => firstOf(x) - firstOf(y));
};

const firstOf = ({ master, members: [first] }: Family): number => Math.min(master, first?.ordinal ?? master);

/** Images that are connected, with their relations in one order. */
const connectedParts = (members: readonly Member[], relations: readonly Relation[]) => {
  const sorted = [...members].sort((a, b) => a.ordinal - b.ordinal);
  const positions = new Map(sorted.map(({ ordinal }, position) => [ordinal, position]));
  const positionOf = (ordinal: number): number => {
    const position = positions.get(ordinal);
    if (position === undefined) throw new RangeError(`image ${ordinal} has a relation, and is no member`);
    return position;
  };
  const connected = new DisjointSets(sorted.length);
  for (const equal of equalMembers(sorted, relations))
    for (const { ordinal } of equal) connected.join(positionOf(equal[0]?.ordinal ?? ordinal), positionOf(ordinal));
  for (const { a, b, kind } of relations) if (isCopyKind(kind)) connected.join(positionOf(a), positionOf(b));
  const relationsOf = groupBy(
    relations.filter(({ a, b }) => connected.rootOf(positionOf(a)) === connected.rootOf(positionOf(b))),
    ({ a }) => connected.rootOf(positionOf(a)),
  );
  const parts = groupBy(sorted.keys(), (position) => connected.rootOf(position));
  return [...parts].map(([root, ofPart]) => ({
    members: ofPart.map((position) => sorted[position] as Member),
    relations: relationsOf.get(root) ?? [],
  }));
};
