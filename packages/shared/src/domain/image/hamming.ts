/** Number of one bits in a 32-bit word (Hacker's Delight, 5-1). */
export const popcount32 = (word: number): number => {
  let v = word - ((word >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
};

/** One bits in a whole hash. */
export const popcount = (hash: Uint8Array): number => {
  let count = 0;
  for (const byte of hash) count += popcount32(byte);
  return count;
};

/** Hamming distance of two equally long hashes, in bits. */
export const hammingDistance = (a: Uint8Array, b: Uint8Array): number => {
  let distance = 0;
  for (let at = 0; at < a.length; at += 1) distance += popcount32((a[at] ?? 0) ^ (b[at] ?? 0));
  return distance;
};

/**
 * A hash with nearly all bits equal says "one colour", not "this picture": at most 1 bit in 32
 * differs from the rest. Such images are set apart, or each would match all others of its kind.
 */
export const isFlatHash = (hash: Uint8Array): boolean => {
  const bits = hash.length * 8;
  const ones = popcount(hash);
  return Math.min(ones, bits - ones) <= bits / 32;
};
