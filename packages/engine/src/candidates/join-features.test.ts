import { hammingDistance } from "@lookalike/shared/domain/image/hamming";
import { describe, expect, it } from "vitest";
import { backends } from "../compare/backend.ts";
import { descriptorAt, featureCount, mirroredDescriptor } from "../evidence/features.ts";
import { keyBands, SHARED_BITS } from "./feature-keys.ts";
import { type FeaturedPicture, featureTile, mirroredTile } from "./feature-tile.ts";
import { scenePictures } from "./features.fixtures.ts";
import { featureJoinerBy } from "./join-features.ts";
import { agreeingMatches } from "./shared-places.ts";

const KEY_BITS = 16;
const [FIRST, SECOND] = [scenePictures(14, 0, 1), scenePictures(9, 14, 2)];

const keysOf = (descriptor: Uint8Array): string[] =>
  keyBands(KEY_BITS).map(({ bits }) => bits.map((bit) => ((descriptor[bit >> 3] as number) >> (bit & 7)) & 1).join(""));

/** By the definition, from the pictures' bytes. @param frequent keys that say nothing, by table */
const byDefinition = (
  left: readonly FeaturedPicture[],
  right: readonly FeaturedPicture[],
  isMirrored: boolean,
  frequent: readonly ReadonlySet<string>[] = [],
): string[] =>
  left.flatMap((a) =>
    right.flatMap((b) => {
      if (a.ordinal >= b.ordinal) return [];
      const [first, second] = [featureTile("a", [a]), featureTile("b", [b])];
      const matches: [number, number][] = [];
      for (let i = 0; i < featureCount(a.features); i += 1)
        for (let j = 0; j < featureCount(b.features); j += 1) {
          const plain = descriptorAt(a.features, i);
          const descriptor = isMirrored ? mirroredDescriptor(plain) : plain;
          const other = descriptorAt(b.features, j);
          if (hammingDistance(descriptor, other) > SHARED_BITS) continue;
          const [keys, others] = [keysOf(descriptor), keysOf(other)];
          const table = keys.findIndex((key, number) => key === others[number]);
          if (table !== -1 && frequent[table]?.has(keys[table] as string) !== true) matches.push([i, j]);
        }
      const shared = agreeingMatches(isMirrored ? mirroredTile(first).places : first.places, second.places, {
        left: Int32Array.from(matches, ([i]) => i),
        right: Int32Array.from(matches, ([, j]) => j),
      });
      return shared === 0 ? [] : [`${a.ordinal} ${b.ordinal} ${shared}`];
    }),
  );

const found = ({ a, b, shared }: ReturnType<ReturnType<typeof featureJoinerBy>>): string[] =>
  Array.from(a, (ordinal, pair) => `${ordinal} ${b[pair]} ${shared[pair]}`);

const mirrorImages = (pictures: readonly FeaturedPicture[], firstOrdinal: number): FeaturedPicture[] =>
  pictures.map(({ features }, index) => {
    const bytes = Buffer.from(features);
    for (let at = 0; at < featureCount(features); at += 1) {
      const from = at * 38;
      bytes.writeUInt16LE(32_768 - bytes.readUInt16LE(from), from);
      bytes[from + 5] = (96 - (bytes[from + 5] as number)) % 64;
      bytes.set(mirroredDescriptor(descriptorAt(features, at)), from + 6);
    }
    return { ordinal: firstOrdinal + index, features: new Uint8Array(bytes) };
  });

/** By table the keys that more than so many pictures have. */
const keysOfMore = (pictures: readonly FeaturedPicture[], most: number): Set<string>[] => {
  const having = keyBands(KEY_BITS).map(() => new Map<string, Set<number>>());
  for (const { ordinal, features } of pictures)
    for (let index = 0; index < featureCount(features); index += 1)
      for (const [table, key] of keysOf(descriptorAt(features, index)).entries())
        having[table]?.set(key, (having[table]?.get(key) ?? new Set()).add(ordinal));
  return having.map((keys) => new Set([...keys].filter(([, { size }]) => size > most).map(([key]) => key)));
};

/** The definition is slow, and the same for all backends. */
const MIRRORED = mirrorImages(FIRST, 100);
const BOTH = [...FIRST, ...MIRRORED];
const ALL = [...FIRST, ...SECOND];
const WITHIN = byDefinition(FIRST, FIRST, false);
const BETWEEN = byDefinition(FIRST, SECOND, false);
const MIRROR_PAIRS = byDefinition(FIRST, MIRRORED, true);
const MIRROR_PAIRS_OF_BOTH = byDefinition(BOTH, BOTH, true);
const AMONG_ALL = byDefinition(ALL, ALL, false);
const FREQUENT = keysOfMore(ALL, 4);
const WITHOUT_FREQUENT = byDefinition(ALL, ALL, false, FREQUENT);
const BETWEEN_WITHOUT_FREQUENT = byDefinition(FIRST, SECOND, false, FREQUENT);

describe.each(backends)("$name", (backend) => {
  const join = featureJoinerBy(backend);

  it("finds the pictures of one scene, in one tile and in two", () => {
    const [left, right] = [featureTile("left", FIRST), featureTile("right", SECOND)];
    expect(WITHIN.length).toBeGreaterThan(5);
    expect(found(join({ left, right: left, mirrored: false }))).toEqual(WITHIN);
    expect(found(join({ left, right, mirrored: false }))).toEqual(BETWEEN);
  });

  it("finds mirrored pictures by mirrored descriptors alone", () => {
    const [left, right] = [featureTile("left", FIRST), featureTile("mirror images", MIRRORED)];
    expect(found(join({ left, right, mirrored: false }))).toEqual([]);
    expect(MIRROR_PAIRS.length).toBeGreaterThan(FIRST.length);
    expect(found(join({ left, right, mirrored: true }))).toEqual(MIRROR_PAIRS);
    const tile = featureTile("both", BOTH);
    expect(found(join({ left: tile, right: tile, mirrored: true }))).toEqual(MIRROR_PAIRS_OF_BOTH);
  });

  it("finds the same in parts", () => {
    const joinParts = featureJoinerBy(backend, { mostMatches: 20 });
    const [left, right] = [featureTile("left", FIRST), featureTile("right", SECOND)];
    for (const mirrored of [false, true])
      for (const tiles of [
        { left, right },
        { left, right: left },
      ]) {
        const unit = { ...tiles, mirrored };
        expect(joinParts(unit)).toEqual(join(unit));
      }
  });

  it("does not join keys that too many pictures have, in one tile and in two, also in parts", () => {
    const tile = featureTile("all", ALL);
    const [left, right] = [featureTile("left", FIRST), featureTile("right", SECOND)];
    expect(WITHOUT_FREQUENT.length).toBeGreaterThan(0);
    expect(WITHOUT_FREQUENT).not.toEqual(AMONG_ALL);
    for (const mostMatches of [1_000, 20]) {
      const joinRare = featureJoinerBy(backend, { mostMatches, mostPictures: 4 });
      expect(found(joinRare({ left: tile, right: tile, mirrored: false }))).toEqual(WITHOUT_FREQUENT);
      expect(found(joinRare({ left, right, mirrored: false }))).toEqual(BETWEEN_WITHOUT_FREQUENT);
    }
  });
});
