import { size as countOnes, popcount32 } from "../primitives/bit-set.ts";
import { byteAt } from "../primitives/columns.ts";

/** Hamming distance of two equally long hashes, in bits. */
export const hammingDistance = (a: Uint8Array, b: Uint8Array): number => hammingDistanceAt(a, 0, b, 0, a.length);

/** Hamming distance in bits of the `bytes` bytes of `a` from `aFrom` on and those of `b` from `bFrom` on. */
export const hammingDistanceAt = (
  a: Uint8Array,
  aFrom: number,
  b: Uint8Array,
  bFrom: number,
  bytes: number,
): number => {
  let distance = 0;
  for (let byte = 0; byte < bytes; byte += 1) distance += popcount32(byteAt(a, aFrom + byte) ^ byteAt(b, bFrom + byte));
  return distance;
};

/**
 * Whether at most 1 bit in 32 of a hash differs from all the others. Such a hash describes one colour and not a
 * picture, so its image is excluded from comparing: it would be similar to every other flat image.
 */
export const isFlatHash = (hash: Uint8Array): boolean => {
  const bits = hash.length * 8;
  const ones = countOnes(hash);
  return Math.min(ones, bits - ones) <= bits / 32;
};
