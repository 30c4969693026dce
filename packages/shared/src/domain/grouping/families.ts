import { DisjointSets } from "../primitives/disjoint-sets.ts";
import { groupBy } from "../primitives/group-by.ts";
import { equalMembers } from "./equal-members.ts";
import { familiesAround } from "./families-around.ts";
import type { Family, Separated } from "./family.ts";
import type { Member } from "./keeper.ts";
import { mayJoin, type Relation } from "./relation.ts";
import { withUnverified } from "./unverified-members.ts";

/**
 * Groups of related images: `masters`. Each member has a relation to its master, or to a whole copy of the master where nobody compared the two: a chain
 * joins no strangers. What nobody could look at, and only hashes say, joins last, as `unverified`. A burst and what is only similar is no relation that joins; where a pair was looked at and is one of these, no copy joins the two.
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
  return connectedParts(members, relations)
    .flatMap((part) => familiesOfPart(part, separated))
    .sort((x, y) => firstOf(x) - firstOf(y));
};

/** Images that relations connect, directly or not, with their relations. Its families depend on no other part. */
export interface ConnectedPart {
  /** By ordinal, ascending. */
  readonly members: readonly Member[];
  readonly relations: readonly Relation[];
}

/** The families of one part, by their first members. */
export const familiesOfPart = ({ members, relations }: ConnectedPart, separated: Separated): Family[] => {
  const families: Family[] = [];
  const verified = relations.filter(({ kind }) => kind !== "unverified");
  let left = members;
  while (left.length > 1) {
    const { found, leftOver } = familiesAround(left, verified, separated);
    families.push(...found);
    left = leftOver;
  }
  families.sort((x, y) => firstOf(x) - firstOf(y));
  return withUnverified(families, members, relations, separated).sort((x, y) => firstOf(x) - firstOf(y));
};

const firstOf = ({ master, members: [first] }: Family): number => Math.min(master, first?.ordinal ?? master);

/** The parts that images are in; one that no relation connects and no other equals is a part alone. */
export const connectedParts = (members: readonly Member[], relations: readonly Relation[]): ConnectedPart[] => {
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
  for (const { a, b, kind } of relations) if (mayJoin(kind)) connected.join(positionOf(a), positionOf(b));
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
