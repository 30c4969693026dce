import { type ConnectedPart, familiesOfPart } from "./families.ts";
import type { Family, Separated } from "./family.ts";
import { chooseKeeper, isDamaged, type Member } from "./keeper.ts";

/**
 * Reads the whole file of a member, and those of look-alikes with the same size in bytes.
 * @returns what is wrong with some of them, by their ordinals
 */
export type FindDamage = (member: Member, sameSize: readonly Member[]) => Promise<ReadonlyMap<number, string>>;

/** Look-alikes of the keeper's size that are read with it. */
const MAX_SAME_SIZE = 8;
const CHECKED_FORMAT = "jpeg";

/**
 * The members, with damage that shows only when whole files are read: that of the keeper is read, until one is chosen that is sound.
 * Members with equal bytes are as they are: one is as good as the other.
 */
export const checkKeeper = async (members: readonly Member[], findDamage: FindDamage): Promise<readonly Member[]> => {
  const checked = new Set<string>();
  let current = members;
  for (;;) {
    const damage = await damageOf(chooseKeeper(current).keeper, current, checked, findDamage);
    if (damage === null) return current;
    current = withDamage(current, damage);
  }
};

/**
 * The families of connected images, whose masters' files are read whole like those of {@link checkKeeper}: where one is damaged, another may be the master.
 * @returns also the members, with the damage that was found
 */
export const checkMasters = async (
  part: ConnectedPart,
  separated: Separated,
  findDamage: FindDamage,
): Promise<{ readonly families: readonly Family[]; readonly members: readonly Member[] }> => {
  const checked = new Set<string>();
  let { members } = part;
  for (;;) {
    const families = familiesOfPart({ ...part, members }, separated);
    const memberOf = new Map(members.map((member) => [member.ordinal, member]));
    const found = new Map<number, string>();
    for (const family of families) {
      const ordinals = [family.master, ...family.members.map(({ ordinal }) => ordinal)];
      const ofFamily = ordinals.flatMap((ordinal) => memberOf.get(ordinal) ?? []);
      const [master] = ofFamily;
      const damage = master === undefined ? null : await damageOf(master, ofFamily, checked, findDamage);
      for (const [ordinal, damaged] of damage ?? []) found.set(ordinal, damaged);
    }
    if (found.size === 0) return { families, members };
    members = withDamage(members, found);
  }
};

/** What is wrong with the file of a keeper, and with others of its size; null where it need not be read, or was. */
const damageOf = async (
  keeper: Member,
  members: readonly Member[],
  checked: Set<string>,
  findDamage: FindDamage,
): Promise<ReadonlyMap<number, string> | null> => {
  if (new Set(members.map(({ contentDigest }) => contentDigest)).size === 1) return null;
  const { contentDigest, facts } = keeper;
  if (contentDigest === null || facts.damaged !== undefined || facts.format !== CHECKED_FORMAT) return null;
  if (checked.has(contentDigest)) return null;
  checked.add(contentDigest);
  const sameSize = members.filter(
    (other) => other.facts.bytes === facts.bytes && other.contentDigest !== contentDigest && !isDamaged(other),
  );
  return findDamage(keeper, sameSize.slice(0, MAX_SAME_SIZE));
};

/** The members with what was found about their files, or about another file with the same bytes. */
const withDamage = (members: readonly Member[], damage: ReadonlyMap<number, string>): readonly Member[] => {
  const ofDigest = new Map<string, string>();
  for (const { ordinal, contentDigest } of members) {
    const damaged = damage.get(ordinal);
    if (damaged !== undefined && contentDigest !== null) ofDigest.set(contentDigest, damaged);
  }
  return members.map((member) => {
    const damaged = member.contentDigest === null ? undefined : ofDigest.get(member.contentDigest);
    if (damaged === undefined || isDamaged(member)) return member;
    return { ...member, facts: { ...member.facts, damaged } };
  });
};
