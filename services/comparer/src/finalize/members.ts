import type { Member } from "@lookalike/shared/domain/grouping/keeper";
import { contentDigestAt, factsAt } from "@lookalike/shared/domain/image/hash-block";
import { toHex } from "@lookalike/shared/domain/primitives/encoding";
import { groupBy } from "@lookalike/shared/domain/primitives/group-by";
import { missingData } from "@lookalike/shared/runtime/errors";
import { fileIdOf } from "@lookalike/shared/sources/listed-file";
import { readRequired } from "@lookalike/shared/store/blocks/required-blocks";
import { readNames } from "@lookalike/shared/store/catalog/images";
import type { Db } from "@lookalike/shared/store/open";

const ORDINALS_PER_QUERY = 20_000;
const FACT_COLUMNS = ["states", "contentDigests", "details"] as const;

/**
 * Reads what the keeper and the kind of a group are chosen by, for these images.
 * @returns looks up a member by its ordinal. @throws MissingDataError when the image, or its block, is not stored
 */
export const readMembers = async (
  db: Db,
  catalogId: string,
  blockSize: number,
  ordinals: ReadonlySet<number>,
): Promise<(ordinal: number) => Member> => {
  const sorted = Uint32Array.from(ordinals).sort();
  const ofBlock = groupBy(sorted, (ordinal) => Math.floor(ordinal / blockSize));
  const hashed = new Map<number, Pick<Member, "facts" | "contentDigest">>();
  for await (const block of readRequired(db, { catalogId, numbers: [...ofBlock.keys()] }, FACT_COLUMNS)) {
    for (const ordinal of ofBlock.get(block.block) ?? []) {
      const position = ordinal % blockSize;
      const digest = contentDigestAt(block, position);
      hashed.set(ordinal, {
        facts: factsAt(block, position),
        contentDigest: digest === null ? null : toHex(digest),
      });
    }
  }
  const members = new Map<number, Member>();
  for (let from = 0; from < sorted.length; from += ORDINALS_PER_QUERY) {
    for (const name of await readNames(db, catalogId, sorted.subarray(from, from + ORDINALS_PER_QUERY))) {
      const known = hashed.get(name.ordinal);
      if (known !== undefined) members.set(name.ordinal, { ...name, ...known, fileId: fileIdOf(name.fingerprint) });
    }
  }
  return (ordinal) => {
    const member = members.get(ordinal);
    if (member === undefined)
      throw missingData(
        [`the row of image ${ordinal} of catalog ${catalogId}`],
        "A job of mode full finds its file again; replay with apply restores it from the log.",
      );
    return member;
  };
};
