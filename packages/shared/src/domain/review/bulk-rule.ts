/** What a rule for many groups needs of each group. */
export interface GroupToDecide {
  readonly number: number;
  /** Ordinal of the suggested member. */
  readonly keeper: number;
  readonly members: readonly { readonly ordinal: number; readonly path: string; readonly bytes: number }[];
}

/**
 * The images of a group that stay by a rule for many groups: the suggested keeper; or, with a folder, all images
 * in it. Null where the rule does not decide the group: no image is in the folder, or none is outside.
 * @param keepUnder path of the folder from the source's root; null = no folder
 */
export const keepersByRule = ({ keeper, members }: GroupToDecide, keepUnder: string | null): number[] | null => {
  if (keepUnder === null) return [keeper];
  const folder = keepUnder.replace(/^(\.?\/)+|\/+$/g, "");
  const inside = members.filter(({ path }) => folder === "" || path.startsWith(`${folder}/`));
  return inside.length === 0 || inside.length === members.length ? null : inside.map(({ ordinal }) => ordinal);
};
