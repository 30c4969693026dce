/** Number of one bits in a 32-bit word (Warren, Hacker's Delight, 5-1). */
export const popcount32 = (word: number): number => {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
};

/** Number of one bits in all bytes together. */
export const popcount = (bytes: Uint8Array): number => {
  let count = 0;
  for (const byte of bytes) count += popcount32(byte);
  return count;
};
