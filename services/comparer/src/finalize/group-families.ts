import { checkMasters, type FindDamage } from "@lookalike/shared/domain/grouping/check-keeper";
import type { Edges } from "@lookalike/shared/domain/grouping/edges";
import { connectedParts } from "@lookalike/shared/domain/grouping/families";
import type { Family, FamilyMember, Separated } from "@lookalike/shared/domain/grouping/family";
import type { ImageClasses } from "@lookalike/shared/domain/grouping/image-classes";
import type { Member } from "@lookalike/shared/domain/grouping/keeper";
import type { MemberComparison } from "@lookalike/shared/domain/grouping/member-comparison";
import { relatedImages, relationsOf } from "@lookalike/shared/domain/grouping/relations";
import type { PairFacts, VerifiedPair } from "@lookalike/shared/domain/grouping/verified-pairs";
import { kindWithCapture } from "@lookalike/shared/domain/image/capture";
import pMap from "p-map";
import { INSPECTED_AT_ONCE } from "./inspect-files.ts";
import { memberComparison, swappedFacts } from "./member-comparison.ts";
import type { CapturedMember } from "./members.ts";

/** A family with its members' facts. */
export interface FamilyGroup {
  readonly family: Family;
  /** All of them, by ordinal. */
  readonly members: readonly Member[];
  /** What was seen of those that somebody laid over another one. */
  readonly comparisons: ReadonlyMap<number, MemberComparison>;
}

interface Found {
  readonly classes: ImageClasses;
  /** Between classes, within the threshold. */
  readonly edges: Edges;
  /** Of live images that are grouped. */
  readonly pairs: readonly VerifiedPair[];
  readonly separated: Separated;
}

/** The families of what was found, by their first members. @param readMembers reads members with their evidence */
export const groupFamilies = async (
  { classes, edges, pairs, separated }: Found,
  readMembers: (ordinals: ReadonlySet<number>) => Promise<(ordinal: number) => CapturedMember>,
  findDamage: FindDamage,
): Promise<FamilyGroup[]> => {
  const found = relationsOf(classes, edges, pairs);
  const related = relatedImages(classes, found);
  const memberOf = await readMembers(related);
  const captureOf = (ordinal: number) => memberOf(ordinal).capture;
  const relations = found.map((relation) => ({
    ...relation,
    kind: kindWithCapture(relation.kind, captureOf(relation.a), captureOf(relation.b)),
  }));
  const factsOf = new Map(pairs.flatMap(({ a, b, facts }) => (facts === null ? [] : [[keyOf(a, b), facts] as const])));
  const parts = connectedParts([...related].map(memberOf), relations).filter(({ members }) => members.length > 1);
  const groups = await pMap(
    parts,
    async (part) => {
      const { families, members } = await checkMasters(part, separated, findDamage);
      const checked = new Map(members.map((member) => [member.ordinal, member]));
      return families.map((family) => familyGroup(family, checked, factsOf));
    },
    { concurrency: INSPECTED_AT_ONCE },
  );
  return groups.flat();
};

const keyOf = (a: number, b: number): string => `${a} ${b}`;

const familyGroup = (
  family: Family,
  members: ReadonlyMap<number, Member>,
  factsOf: ReadonlyMap<string, PairFacts>,
): FamilyGroup => {
  const memberOf = (ordinal: number): Member => {
    const member = members.get(ordinal);
    if (member === undefined) throw new Error(`image ${ordinal} is in a family, and not among the connected ones`);
    return member;
  };
  const comparisons = new Map<number, MemberComparison>();
  for (const about of family.members) {
    const other = memberOf(about.via ?? family.master);
    const member = memberOf(about.ordinal);
    const facts = factsWithMemberLast(about, other, member, memberOf, factsOf);
    const seen = facts === null ? null : memberComparison(facts, other.facts, member.facts);
    if (seen !== null) comparisons.set(about.ordinal, seen);
  }
  const ordinals = [family.master, ...family.members.map(({ ordinal }) => ordinal)];
  return { family, members: ordinals.toSorted((a, b) => a - b).map(memberOf), comparisons };
};

/** What was measured of a member and the one that it was compared with; null where nobody did, or it can't be said which of both is which. */
const factsWithMemberLast = (
  { pair }: FamilyMember,
  other: Member,
  member: Member,
  memberOf: (ordinal: number) => Member,
  factsOf: ReadonlyMap<string, PairFacts>,
): PairFacts | null => {
  const facts = pair === null ? undefined : factsOf.get(keyOf(pair.a, pair.b));
  if (pair === null || facts === undefined) return null;
  const isOf = (ordinal: number, one: Member): boolean =>
    ordinal === one.ordinal || memberOf(ordinal).contentDigest === one.contentDigest;
  if (isOf(pair.b, member) && isOf(pair.a, other)) return facts;
  return isOf(pair.a, member) && isOf(pair.b, other) ? swappedFacts(facts) : null;
};
