import { type NamedFile, withSameFiles } from "./same-file.ts";

/** What a rule for many groups needs of each group. */
export interface GroupToDecide {
  readonly number: number;
  /** Ordinal of the suggested member. */
  readonly keeper: number;
  readonly members: readonly MemberToDecide[];
}

interface MemberToDecide extends NamedFile {
  readonly path: string;
  readonly bytes: number;
  readonly isDamaged: boolean;
  /** Whether a rule may remove it: not where its group is a family, and it is no copy of all of the keeper that was compared with it. */
  readonly mayGo: boolean;
}

/**
 * The images of a group that stay by a rule for many groups: the suggested keeper; or, with a folder, all images
 * in it; with every other name of these files. Null where the rule does not decide the group: no image is in the folder, or none is outside; or all images
 * that would stay are damaged; or it is a family with an image that no rule may remove.
 * @param keepUnder path of the folder from the source's root; null = no folder
 */
export const keepersByRule = ({ keeper, members }: GroupToDecide, keepUnder: string | null): number[] | null => {
  if (!members.every(({ mayGo }) => mayGo)) return null;
  const kept = keepUnder === null ? members.filter(({ ordinal }) => ordinal === keeper) : inFolder(members, keepUnder);
  const files = withSameFiles(members, new Set(kept.map(({ ordinal }) => ordinal)));
  return kept.every(({ isDamaged }) => isDamaged) || (keepUnder !== null && kept.length === members.length)
    ? null
    : files.map(({ ordinal }) => ordinal);
};

const inFolder = (members: readonly MemberToDecide[], keepUnder: string): MemberToDecide[] => {
  const folder = keepUnder.replace(/^(\.?\/)+|\/+$/g, "");
  return members.filter(({ path }) => folder === "" || path.startsWith(`${folder}/`));
};
