import type { z } from "zod";
import { CopyKind, KindAcceptedByRule } from "../image/pair-kind.ts";
import type { Family, FamilyMember } from "./family.ts";
import { GroupKind, holdTheSame, isDamaged, type Member } from "./keeper.ts";
import { compareKinds } from "./relation.ts";

/**
 * What a family is: what its members are to the master, or that a file is damaged, or that files hold other pages besides, or that
 * nobody could look at one of them.
 */
const FamilyKind = GroupKind.extract(["damaged", "partial", ...CopyKind.options, "unverified"]);
type FamilyKind = z.infer<typeof FamilyKind>;

/**
 * The kind of a family: that of the member which differs most from the master, unless the files say something else than their pictures.
 * @param members all of its members, the master among them
 */
export const kindOfFamily = (members: readonly Member[], family: Family): FamilyKind => {
  if (members.some(isDamaged)) return "damaged";
  const [farthest] = family.members.map(({ kind }) => kind).sort((a, b) => compareKinds(b, a));
  if (farthest !== "identical" && !holdTheSame(members.map(({ facts }) => facts))) return "partial";
  return FamilyKind.parse(farthest);
};

/** Whether a rule may remove a member: the picture of its master is the same, and the two were compared with each other. */
export const isAcceptedByRule = ({ kind, via }: Pick<FamilyMember, "kind" | "via">): boolean =>
  via === null && KindAcceptedByRule.safeParse(kind).success;
