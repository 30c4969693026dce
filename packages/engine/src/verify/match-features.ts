import { hammingDistance } from "@lookalike/shared/domain/image/hamming";
import { type Feature, featureAt, featureCount, mirroredDescriptor } from "../evidence/features.ts";

/**
 * Two features may be of one place where at most so many of their 256 bits differ. Twice as many as for finding pairs: here the places must agree, too, and
 * crops to a half and screenshots have few features in common.
 */
const MATCHING_BITS = 48;

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
  const matches = a.flatMap((feature) =>
    b
      .map((other) => ({ a: feature, b: other, bits: hammingDistance(feature.descriptor, other.descriptor) }))
      .filter(({ bits }) => bits <= MATCHING_BITS)
      .sort((one, other) => one.bits - other.bits)
      .slice(0, MOST_PER_FEATURE),
  );
  return matches.sort((one, other) => one.bits - other.bits);
};
