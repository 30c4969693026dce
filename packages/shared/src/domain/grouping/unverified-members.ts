import type { Family, FamilyMember, Separated } from "./family.ts";
import { compareOrigins, type KeeperReason, type Member, type Origin } from "./keeper.ts";
import type { Relation } from "./relation.ts";

/** A family that others join. */
interface Growing {
  readonly master: number;
  readonly members: FamilyMember[];
}

/**
 * Families with the images that nobody could look at. One whose hash is alike that of a member of a family joins it; those that are left make families of
 * their own, each around the likeliest origin. Only what is in no family joins one, so that no two verified families become one.
 * @param families of verified relations, by their first members
 */
export const withUnverified = (
  families: readonly Family[],
  members: readonly Member[],
  relations: readonly Relation[],
  separated: Separated,
): Family[] => {
  const alike = neighbours(relations.filter(({ kind }) => kind === "unverified"));
  if (alike.size === 0) return [...families];
  const looked = neighbours(relations.filter(({ kind }) => kind !== "unverified"));
  const verified = families.map((family, rank) => ({ ...family, members: [...family.members], rank }));
  const familyOf = new Map(
    verified.flatMap((family) => ordinalsOf(family).map((ordinal) => [ordinal, family] as const)),
  );
  const left = members.filter(({ ordinal }) => {
    if (familyOf.has(ordinal)) return false;
    const [place] = [...(alike.get(ordinal) ?? [])]
      .flatMap((other) => {
        const family = familyOf.get(other);
        return family === undefined ? [] : [{ family, other, via: other === family.master ? null : other }];
      })
      // Where somebody has looked at the image and the master, that counts.
      .filter(({ family }) => looked.get(ordinal)?.has(family.master) !== true)
      .filter(({ family }) => !isSeparated(separated, ordinal, family))
      .sort(
        (x, y) => Number(x.via !== null) - Number(y.via !== null) || x.family.rank - y.family.rank || x.other - y.other,
      );
    if (place !== undefined) place.family.members.push(unverifiedMember(ordinal, place.other, place.via));
    return place === undefined;
  });
  const grown = verified.map(({ rank: _, ...family }) => ({ ...family, members: inOrder(family.members) }));
  return [...grown, ...familiesOf(left, alike, separated)];
};

/** Each image in the order of likely origins joins the likeliest master that it is alike, or is one. */
const familiesOf = (left: readonly Member[], alike: Neighbours, separated: Separated): Family[] => {
  const origins = left
    .map((member): Origin => ({ member, isMade: false, isFromJpeg: false }))
    .sort((a, b) => compareOrigins(a, b).order);
  const families = new Map<number, Growing & { readonly rank: number; reason: KeeperReason; readonly own: Origin }>();
  for (const [rank, origin] of origins.entries()) {
    const { ordinal } = origin.member;
    const [family] = [...(alike.get(ordinal) ?? [])]
      .flatMap((other) => families.get(other) ?? [])
      .filter((one) => !isSeparated(separated, ordinal, one))
      .sort((x, y) => x.rank - y.rank);
    if (family === undefined)
      families.set(ordinal, { master: ordinal, members: [], rank, reason: "first-path", own: origin });
    else {
      // The first one that joins is the next likely origin.
      if (family.members.length === 0) family.reason = compareOrigins(family.own, origin).reason;
      family.members.push(unverifiedMember(ordinal, family.master, null));
    }
  }
  return [...families.values()].flatMap(({ master, reason, members }) =>
    members.length === 0 ? [] : [{ master, reason, members: inOrder(members) }],
  );
};

/** Nobody knows how likely it is that the two show the same. */
const UNKNOWN_PROBABILITY = 0;

const unverifiedMember = (ordinal: number, other: number, via: number | null): FamilyMember => ({
  ordinal,
  kind: "unverified",
  probability: UNKNOWN_PROBABILITY,
  via,
  pair: { a: Math.min(ordinal, other), b: Math.max(ordinal, other) },
});

const ordinalsOf = ({ master, members }: Pick<Family, "master" | "members">): number[] => [
  master,
  ...members.map(({ ordinal }) => ordinal),
];

const inOrder = (members: readonly FamilyMember[]): FamilyMember[] => members.toSorted((a, b) => a.ordinal - b.ordinal);

const isSeparated = (separated: Separated, ordinal: number, family: Growing): boolean => {
  const others = separated.get(ordinal);
  return others !== undefined && ordinalsOf(family).some((other) => others.has(other));
};

type Neighbours = ReadonlyMap<number, ReadonlySet<number>>;

const neighbours = (relations: readonly Relation[]): Neighbours => {
  const found = new Map<number, Set<number>>();
  const add = (from: number, to: number): void => void found.set(from, (found.get(from) ?? new Set()).add(to));
  for (const { a, b } of relations) {
    add(a, b);
    add(b, a);
  }
  return found;
};
