import { byteAt } from "@lookalike/shared/domain/primitives/columns";
import { ANGLES } from "./feature-pattern.ts";

/** Bytes of a feature: x, y, level and direction, then its descriptor. */
export const FEATURE_BYTES = 38;
const DESCRIPTOR_FROM = 6;
export const DESCRIPTOR_BYTES = FEATURE_BYTES - DESCRIPTOR_FROM;
/** Positions are in 64ths of a pixel of the working picture. */
const POSITION_UNITS = 64;
/** A level has 5/6 of the pixels of the one below it, each way. */
const LEVEL_SCALE = 6 / 5;

/** A local feature of a picture: see docs/hash-format.md. */
export interface Feature {
  /** Its centre, in pixels of the working picture. */
  readonly x: number;
  readonly y: number;
  /** The size of its pixels in those of the working picture, 1..8. */
  readonly scale: number;
  /** Its direction in radians, 0 to 2 pi, from the x axis to the y axis, which points down. */
  readonly angle: number;
  /** 256 bits. */
  readonly descriptor: Uint8Array;
}

/** How many features there are in their bytes. */
export const featureCount = (features: Uint8Array): number => features.length / FEATURE_BYTES;

/** The descriptor of a feature, a view of its bytes. */
export const descriptorAt = (features: Uint8Array, index: number): Uint8Array =>
  features.subarray(index * FEATURE_BYTES + DESCRIPTOR_FROM, (index + 1) * FEATURE_BYTES);

/** A feature of the bytes that {@link EvidenceMemory.features} returns. */
export const featureAt = (features: Uint8Array, index: number): Feature => {
  const from = index * FEATURE_BYTES;
  const short = (at: number): number => byteAt(features, from + at) + 256 * byteAt(features, from + at + 1);
  return {
    x: short(0) / POSITION_UNITS,
    y: short(2) / POSITION_UNITS,
    scale: LEVEL_SCALE ** byteAt(features, from + 4),
    angle: (byteAt(features, from + 5) * 2 * Math.PI) / ANGLES,
    descriptor: descriptorAt(features, index),
  };
};

/** The descriptor that the same feature has in the mirrored picture: its halves exchanged, because each test has its mirror image in the other. */
export const mirroredDescriptor = (descriptor: Uint8Array): Uint8Array => {
  const mirrored = new Uint8Array(DESCRIPTOR_BYTES);
  mirrored.set(descriptor.subarray(DESCRIPTOR_BYTES / 2));
  mirrored.set(descriptor.subarray(0, DESCRIPTOR_BYTES / 2), DESCRIPTOR_BYTES / 2);
  return mirrored;
};
