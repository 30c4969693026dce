import { popcount32 } from "@lookalike/shared/domain/primitives/bit-set";
import { at } from "@lookalike/shared/domain/primitives/columns";
import { DESCRIPTOR_BYTES, type Feature, featureAt, featureCount, mirroredDescriptor } from "../evidence/features.ts";

/**
 * Two features may be of one place where at most so many of their 256 bits differ. Twice as many as for finding pairs: here the places must agree, too, and
 * crops to a half and screenshots have few features in common.
 */
export const MATCHING_BITS = 48;

/** A feature of one picture that looks like one of another. */
export interface Match {
  readonly a: Feature;
  readonly b: Feature;
  readonly bits: number;
}

/** Writing and patterns repeat: a feature that looks like many says little. */
const MOST_PER_FEATURE = 3;

/** All features of their bytes. */
export const decodeFeatures = (features: Uint8Array): Feature[] =>
  Array.from({ length: featureCount(features) }, (_, index) => featureAt(features, index));

/** The features of the picture mirrored left to right. */
export const mirroredFeatures = (features: readonly Feature[], width: number): Feature[] =>
  features.map(({ x, angle, descriptor, ...feature }) => ({
    ...feature,
    x: width - x,
    angle: Math.PI - angle,
    descriptor: mirroredDescriptor(descriptor),
  }));

/** The pairs of features that look alike, the nearest first; of each feature of a at most three. */
export const matchFeatures = (a: readonly Feature[], b: readonly Feature[]): Match[] => {
  const words = b.map(({ descriptor }) => wordsOf(descriptor));
  const matches = a.flatMap((feature) => {
    const own = wordsOf(feature.descriptor);
    return b
      .map((other, index) => ({ a: feature, b: other, bits: distance(own, words[index] as Uint32Array) }))
      .filter(({ bits }) => bits <= MATCHING_BITS)
      .sort((one, other) => one.bits - other.bits)
      .slice(0, MOST_PER_FEATURE);
  });
  return matches.sort((one, other) => one.bits - other.bits);
};

const WORDS = DESCRIPTOR_BYTES / 4;

/** A copy: the descriptor may be anywhere in a longer array. */
const wordsOf = (descriptor: Uint8Array): Uint32Array => new Uint32Array(descriptor.slice().buffer);

const distance = (a: Uint32Array, b: Uint32Array): number => {
  let bits = 0;
  for (let word = 0; word < WORDS; word += 1) bits += popcount32(at(a, word) ^ at(b, word));
  return bits;
};
