import { kindOfFamily } from "@lookalike/shared/domain/grouping/family-kind";
import type { ImageClasses } from "@lookalike/shared/domain/grouping/image-classes";
import { imageDistance } from "@lookalike/shared/domain/grouping/image-groups";
import { chooseKeeper, kindOf, type Member } from "@lookalike/shared/domain/grouping/keeper";
import { bytesOfFiles, withSameFiles } from "@lookalike/shared/domain/review/same-file";
import type { NewGroup } from "@lookalike/shared/store/results/results";
import type { FamilyGroup } from "./group-families.ts";

/** What a group of look-alikes says. */
export const groupOfLookAlikes = (members: readonly Member[], classes: ImageClasses): NewGroup => {
  const { keeper, reason } = chooseKeeper(members);
  return newGroup(
    { kind: kindOf(members), keeper: keeper.ordinal, keeperReason: reason },
    members,
    classes,
    () => NO_RELATION,
  );
};

/** What a family says: its master is the suggested keeper, and each member has what it is to the master. */
export const groupOfFamily = ({ family, members, comparisons }: FamilyGroup, classes: ImageClasses): NewGroup => {
  const aboutOf = new Map(family.members.map((about) => [about.ordinal, about]));
  const group = { kind: kindOfFamily(members, family), keeper: family.master, keeperReason: family.reason };
  return newGroup(group, members, classes, (ordinal) => {
    const about = aboutOf.get(ordinal);
    if (about === undefined) return NO_RELATION;
    const { kind, via } = about;
    const probability = kind === "unverified" ? null : Math.round(about.probability * 10_000) / 10_000;
    return { kind, via, probability, comparison: comparisons.get(ordinal) ?? null };
  });
};

type Relation = Pick<NewGroup["members"][number], "kind" | "probability" | "via" | "comparison">;

/** Of the master itself, and of members of groups by hashes. */
const NO_RELATION: Relation = { kind: null, probability: null, via: null, comparison: null };

const newGroup = (
  group: Pick<NewGroup, "kind" | "keeper" | "keeperReason">,
  members: readonly Member[],
  classes: ImageClasses,
  relationOf: (ordinal: number) => Relation,
): NewGroup => {
  const firstNameOf = firstNames(members);
  const named = members.map(({ ordinal, facts }) => ({
    ordinal,
    distance: imageDistance(classes, group.keeper, ordinal),
    damaged: facts.damaged ?? null,
    sameFileAs: firstNameOf.get(ordinal) ?? null,
    ...relationOf(ordinal),
    // An image whose size is unknown counts as nothing.
    bytes: facts.bytes ?? 0,
  }));
  const stays = new Set(withSameFiles(named, new Set([group.keeper])));
  return {
    ...group,
    reclaimableBytes: bytesOfFiles(named.filter((name) => !stays.has(name))),
    members: named.map(({ bytes: _, ...member }) => member),
  };
};

/**
 * For each member that is another name of an earlier member's file (a hard link) that member's ordinal: by its file id, and its
 * bytes, because inodes are used again.
 */
const firstNames = (members: readonly Member[]): ReadonlyMap<number, number> => {
  const first = new Map<string, number>();
  const firstOf = new Map<number, number>();
  for (const { ordinal, fileId, contentDigest } of members) {
    if (fileId === null || contentDigest === null) continue;
    const file = `${fileId} ${contentDigest}`;
    const known = first.get(file);
    if (known === undefined) first.set(file, ordinal);
    else firstOf.set(ordinal, known);
  }
  return firstOf;
};
