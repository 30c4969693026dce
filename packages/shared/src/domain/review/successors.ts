import { fileNameOf, folderOf } from "../image/file-name.ts";
import { groupBy } from "../primitives/group-by.ts";

/** An image whose picture is known. */
export interface PicturedImage {
  readonly ordinal: number;
  readonly path: string;
}

/**
 * Which new image is the successor of which missing one, where all of them show one picture: a file that got both other
 * metadata and another path. One that has the name of a missing one is its successor, else one in the same folder, else the
 * only one. Where several could be, none is: their owner is the one who knows which of them was to stay.
 * @returns the ordinals of successors, by the ordinal of the image that is missing
 */
export const successorsOf = (
  missing: readonly PicturedImage[],
  added: readonly PicturedImage[],
): Map<number, number> => {
  const successors = new Map<number, number>();
  let left = { missing, added };
  for (const traitOf of [fileNameOf, folderOf, () => ""]) {
    const addedBy = groupBy(left.added, ({ path }) => traitOf(path));
    const pairs = [...groupBy(left.missing, ({ path }) => traitOf(path))].flatMap(([trait, [before, ...others]]) => {
      const [now, ...otherNow] = addedBy.get(trait) ?? [];
      return before === undefined || now === undefined || others.length + otherNow.length > 0 ? [] : [{ before, now }];
    });
    for (const { before, now } of pairs) successors.set(before.ordinal, now.ordinal);
    const taken = new Set(pairs.flatMap(({ before, now }) => [before, now]));
    const isLeft = (image: PicturedImage): boolean => !taken.has(image);
    left = { missing: left.missing.filter(isLeft), added: left.added.filter(isLeft) };
  }
  return successors;
};
