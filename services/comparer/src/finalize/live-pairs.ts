import { type ImageClasses, membersOf } from "@lookalike/shared/domain/grouping/image-classes";
import type { VerifiedPair } from "@lookalike/shared/domain/grouping/verified-pairs";
import { contentDigestAt } from "@lookalike/shared/domain/image/hash-block";
import { at, NONE } from "@lookalike/shared/domain/primitives/columns";
import { toHex } from "@lookalike/shared/domain/primitives/encoding";
import { groupBy } from "@lookalike/shared/domain/primitives/group-by";
import { readRequired } from "@lookalike/shared/store/blocks/required-blocks";
import type { Db } from "@lookalike/shared/store/open";
import { swappedFacts } from "./member-comparison.ts";

interface Images {
  readonly catalogId: string;
  readonly blockSize: number;
  readonly classes: ImageClasses;
  readonly isLive: (ordinal: number) => boolean;
}

/**
 * The pairs of images that are grouped. What was found of one that has vanished holds for a live image with equal bytes.
 * @throws MissingDataError where a block is not stored
 */
export const livePairs = async (db: Db, images: Images, pairs: readonly VerifiedPair[]): Promise<VerifiedPair[]> => {
  const { classes, isLive } = images;
  const isGrouped = (ordinal: number): boolean => at(classes.ofOrdinal, ordinal) !== NONE;
  const grouped = pairs.filter(({ a, b }) => isGrouped(a) && isGrouped(b));
  const vanished = new Set(grouped.flatMap(({ a, b }) => [a, b]).filter((ordinal) => !isLive(ordinal)));
  const equals = await liveEquals(db, images, vanished);
  return grouped.flatMap((pair) => {
    const [a, b] = [equals.get(pair.a) ?? pair.a, equals.get(pair.b) ?? pair.b];
    if (!isLive(a) || !isLive(b) || a === b) return [];
    if (a < b) return { ...pair, a, b };
    return { ...pair, a: b, b: a, facts: pair.facts === null ? null : swappedFacts(pair.facts) };
  });
};

/** For each vanished image the first live one with equal bytes; equal bytes have equal hashes, so it is of the same class. */
const liveEquals = async (
  db: Db,
  { catalogId, blockSize, classes }: Images,
  vanished: ReadonlySet<number>,
): Promise<ReadonlyMap<number, number>> => {
  const classmates = new Map(
    [...vanished].map((ordinal) => [ordinal, membersOf(classes, at(classes.ofOrdinal, ordinal))]),
  );
  const ordinals = new Set(
    [...classmates].flatMap(([ordinal, mates]) => (mates.length === 0 ? [] : [ordinal, ...mates])),
  );
  const digests = new Map<number, string>();
  const ofBlock = groupBy(ordinals, (ordinal) => Math.floor(ordinal / blockSize));
  const numbers = [...ofBlock.keys()].sort((a, b) => a - b);
  for await (const block of readRequired(db, { catalogId, numbers }, ["states", "contentDigests"]))
    for (const ordinal of ofBlock.get(block.block) ?? []) {
      const digest = contentDigestAt(block, ordinal % blockSize);
      if (digest !== null) digests.set(ordinal, toHex(digest));
    }
  return new Map(
    [...classmates].flatMap(([ordinal, mates]) => {
      const digest = digests.get(ordinal);
      const equal = digest === undefined ? undefined : mates.find((mate) => digests.get(mate) === digest);
      return equal === undefined ? [] : [[ordinal, equal] as const];
    }),
  );
};
