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
  if (new Set(members.map(({ contentDigest }) => contentDigest)).size === 1) return members;
  const checked = new Set<string>();
  let current = members;
  for (;;) {
    const { keeper } = chooseKeeper(current);
    const { contentDigest, facts } = keeper;
    if (contentDigest === null || facts.damaged !== undefined || facts.format !== CHECKED_FORMAT) return current;
    if (checked.has(contentDigest)) return current;
    checked.add(contentDigest);
    const sameSize = current.filter(
      (other) => other.facts.bytes === facts.bytes && other.contentDigest !== contentDigest && !isDamaged(other),
    );
    const damage = await findDamage(keeper, sameSize.slice(0, MAX_SAME_SIZE));
    current = withDamage(current, damage);
  }
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
