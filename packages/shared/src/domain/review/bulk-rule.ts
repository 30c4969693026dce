/** A group as far as deciding many at once needs it. */
export interface GroupToDecide {
  readonly number: number;
  /** The suggested one, of the members. */
  readonly keeper: number;
  readonly members: readonly { readonly ordinal: number; readonly path: string; readonly bytes: number }[];
}

/**
 * Which images of a group stay by a rule for many: the suggested keeper; or, with a folder, all that
 * lie in it. Null where the rule says nothing: no image lies in the folder, or none outside.
 * @param keepUnder a folder by its path from the source's root; null = none
 */
export const keepersByRule = ({ keeper, members }: GroupToDecide, keepUnder: string | null): number[] | null => {
  if (keepUnder === null) return [keeper];
  const folder = keepUnder.replace(/^(\.?\/)+|\/+$/g, "");
  const inside = members.filter(({ path }) => folder === "" || path.startsWith(`${folder}/`));
  return inside.length === 0 || inside.length === members.length ? null : inside.map(({ ordinal }) => ordinal);
};
