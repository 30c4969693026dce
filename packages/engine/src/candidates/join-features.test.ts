import { hammingDistance } from "@lookalike/shared/domain/image/hamming";
import { describe, expect, it } from "vitest";
import { backends } from "../compare/backend.ts";
import { descriptorAt, featureCount, mirroredDescriptor } from "../evidence/features.ts";
import { keyBands, SHARED_BITS } from "./feature-keys.ts";
import { type FeaturedPicture, featureTile, mirroredTile } from "./feature-tile.ts";
import { scenePictures } from "./features.fixtures.ts";
import { featureJoinerBy } from "./join-features.ts";
import { emptyKeyCounts, type FrequentKeys, frequentKeys, keyCounterBy } from "./key-counts.ts";
import { agreeingMatches } from "./shared-places.ts";

const KEY_BITS = 16;
const NONE_FREQUENT: FrequentKeys = { keyBits: KEY_BITS, numbers: new Uint32Array(0) };
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

describe.each(backends)("$name", (backend) => {
  const join = featureJoinerBy(backend);

  it("finds the pictures of one scene, in one tile and in two", () => {
    const [left, right] = [featureTile("left", FIRST), featureTile("right", SECOND)];
    const within = byDefinition(FIRST, FIRST, false);
    expect(within.length).toBeGreaterThan(5);
    expect(found(join({ left, right: left, frequent: NONE_FREQUENT, mirrored: false }))).toEqual(within);
    expect(found(join({ left, right, frequent: NONE_FREQUENT, mirrored: false }))).toEqual(
      byDefinition(FIRST, SECOND, false),
    );
  });

  it("finds mirrored pictures by mirrored descriptors alone", () => {
    const mirrored = mirrorImages(FIRST, 100);
    const [left, right] = [featureTile("left", FIRST), featureTile("mirror images", mirrored)];
    expect(found(join({ left, right, frequent: NONE_FREQUENT, mirrored: false }))).toEqual([]);
    const expected = byDefinition(FIRST, mirrored, true);
    expect(expected.length).toBeGreaterThan(FIRST.length);
    expect(found(join({ left, right, frequent: NONE_FREQUENT, mirrored: true }))).toEqual(expected);
    const both = [...FIRST, ...mirrored];
    const tile = featureTile("both", both);
    expect(found(join({ left: tile, right: tile, frequent: NONE_FREQUENT, mirrored: true }))).toEqual(
      byDefinition(both, both, true),
    );
  });

  it("finds the same in parts", () => {
    const joinParts = featureJoinerBy(backend, 20);
    const [left, right] = [featureTile("left", FIRST), featureTile("right", SECOND)];
    for (const mirrored of [false, true])
      for (const tiles of [
        { left, right },
        { left, right: left },
      ]) {
        const unit = { ...tiles, frequent: NONE_FREQUENT, mirrored };
        expect(joinParts(unit)).toEqual(join(unit));
      }
  });

  it("does not join keys that too many pictures have", () => {
    const all = [...FIRST, ...SECOND];
    const tile = featureTile("all", all);
    const counts = emptyKeyCounts(KEY_BITS);
    keyCounterBy(backend)(counts, tile);
    const pictures = keyBands(KEY_BITS).map(() => new Map<string, Set<number>>());
    for (const { ordinal, features } of all)
      for (let index = 0; index < featureCount(features); index += 1)
        for (const [table, key] of keysOf(descriptorAt(features, index)).entries()) {
          const known = pictures[table]?.get(key) ?? new Set();
          pictures[table]?.set(key, known.add(ordinal));
        }
    const frequent = pictures.map(
      (keys) => new Set([...keys].filter(([, having]) => having.size > 4).map(([key]) => key)),
    );
    expect(frequentKeys(counts, 4).numbers.length).toBe(frequent.reduce((sum, { size }) => sum + size, 0));
    const expected = byDefinition(all, all, false, frequent);
    expect(expected.length).toBeGreaterThan(0);
    expect(expected).not.toEqual(byDefinition(all, all, false));
    expect(found(join({ left: tile, right: tile, frequent: frequentKeys(counts, 4), mirrored: false }))).toEqual(
      expected,
    );
  });
});
