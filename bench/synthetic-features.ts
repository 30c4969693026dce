import type { CandidateTile } from "@lookalike/engine/candidates/candidate-tile";
import { featureTile } from "@lookalike/engine/candidates/feature-tile";
import type { TurnedEvidence } from "@lookalike/engine/candidates/turned-rows";
import { DESCRIPTOR_BYTES, FEATURE_BYTES } from "@lookalike/engine/evidence/features";
import { randomWords } from "@lookalike/shared/domain/primitives/random";

/** Features of a picture. */
export const FEATURES = 64;
/** Pictures of a family; they are spread over the catalog. */
export const FAMILY = 4;
/** Of so many pictures one is in a family. */
const ONE_IN = 2;
/** Of a picture's features so many are those of its family, in up to so many other bits. */
const COMMON = 8;
const MOST_FLIPS = 24;
/** So many are of no picture alone: corners of windows, letters, edges of leaves. */
const GENERIC = 8;
const GENERIC_KINDS = 1_000;
const GENERIC_FLIPS = 12;
const SIDE = 512 * 64;

/** The family of a picture: another picture's number, the first of its members. */
export const familyOf = (picture: number, images: number): number =>
  isInFamily(picture, images) ? picture % Math.floor(images / FAMILY) : images + picture;

export const isInFamily = (picture: number, images: number): boolean =>
  picture < Math.floor(images / FAMILY) * FAMILY && (picture % Math.floor(images / FAMILY)) % ONE_IN === 0;

/**
 * Pictures as a catalog has them, as a function of their numbers. Real descriptors of different pictures agree in a key of 24 bits once in 4,000 pairs, whatever the
 * length of the key, because an eighth of them are of few kinds; so are these. The kinds' frequencies follow Zipf's law.
 */
export const syntheticTile = (from: number, to: number, images: number): CandidateTile => {
  const id = `${from}-${to}`;
  const pictures = Array.from({ length: to - from }, (_, index) => from + index);
  const features = featureTile(
    id,
    pictures.map((ordinal) => ({ ordinal, features: featuresOf(ordinal, images) })),
  );
  return { id, from, count: to - from, turned: pictures.map(hashesOf), captures: [], features };
};

/** Hashes of a picture of its own, in all turns. */
const hashesOf = (picture: number): TurnedEvidence => {
  const random = randomWords(2e9 + picture);
  const bytes = (count: number): Uint8Array => new Uint8Array(Uint32Array.from({ length: count / 4 }, random).buffer);
  return { blockhashes: bytes(64), dctHashes: bytes(128), dctQuality: 100 };
};

const featuresOf = (picture: number, images: number): Uint8Array => {
  const bytes = new Uint8Array(FEATURES * FEATURE_BYTES);
  const own = randomWords(picture);
  const [dx, dy] = [own() % 2_048, own() % 2_048];
  const common = isInFamily(picture, images) ? COMMON : 0;
  const shared = randomWords(-1 - familyOf(picture, images));
  for (let index = 0; index < FEATURES; index += 1) {
    const from = index * FEATURE_BYTES;
    if (index < common) {
      writeFeature(bytes, from, shared, dx, dy);
      flipBits(bytes, from, own() % (MOST_FLIPS + 1), own);
    } else if (index < common + GENERIC) {
      writeFeature(bytes, from, own, 0, 0);
      const kind = Math.floor(GENERIC_KINDS ** (own() / 2 ** 32));
      writeDescriptor(bytes, from, randomWords(1e9 + kind));
      flipBits(bytes, from, own() % (GENERIC_FLIPS + 1), own);
    } else writeFeature(bytes, from, own, 0, 0);
  }
  return bytes;
};

const writeFeature = (bytes: Uint8Array, from: number, random: () => number, dx: number, dy: number): void => {
  const [x, y] = [(random() % (SIDE - 2_048)) + dx, (random() % (SIDE - 2_048)) + dy];
  bytes.set([x & 255, x >> 8, y & 255, y >> 8, random() % 6, random() % 64], from);
  writeDescriptor(bytes, from, random);
};

const writeDescriptor = (bytes: Uint8Array, from: number, random: () => number): void => {
  for (let byte = 0; byte < DESCRIPTOR_BYTES; byte += 4) {
    const word = random();
    for (let part = 0; part < 4; part += 1) bytes[from + 6 + byte + part] = (word >>> (8 * part)) & 255;
  }
};

const flipBits = (bytes: Uint8Array, from: number, flips: number, random: () => number): void => {
  for (let flip = 0; flip < flips; flip += 1) {
    const bit = random() % 256;
    const byte = from + 6 + (bit >> 3);
    bytes[byte] = (bytes[byte] as number) ^ (1 << (bit & 7));
  }
};
