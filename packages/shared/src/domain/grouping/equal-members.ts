import { DisjointSets } from "../primitives/disjoint-sets.ts";
import { groupBy } from "../primitives/group-by.ts";
import type { Member } from "./keeper.ts";
import { isEqualKind, type Relation } from "./relation.ts";

/**
 * Images that are equal, by their bytes or by their pixels. Equality is transitive, so that sets of them may be joined: those with one content digest, and
 * those whose relation says that bytes or pixels are equal.
 * @param members by ordinal, ascending
 * @returns the members in sets, each ascending, by their first members
 */
export const equalMembers = (members: readonly Member[], relations: readonly Relation[]): Member[][] => {
  const positions = new Map(members.map(({ ordinal }, position) => [ordinal, position]));
  const equal = new DisjointSets(members.length);
  const firstOfDigest = new Map<string, number>();
  for (const [position, { contentDigest }] of members.entries()) {
    if (contentDigest === null) continue;
    const first = firstOfDigest.get(contentDigest);
    if (first === undefined) firstOfDigest.set(contentDigest, position);
    else equal.join(first, position);
  }
  for (const { a, b, kind } of relations) {
    const [x, y] = [positions.get(a), positions.get(b)];
    if (isEqualKind(kind) && x !== undefined && y !== undefined) equal.join(x, y);
  }
  return [...groupBy(members.keys(), (position) => equal.rootOf(position)).values()].map((positionsOfSet) =>
    positionsOfSet.map((position) => members[position] as Member),
  );
};
