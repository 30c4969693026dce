import type { Band } from "../compare/bands.ts";

/** Two features are of one place where at most so many of their 256 bits differ. */
export const SHARED_BITS = 24;
export const DESCRIPTOR_BITS = 256;

/**
 * How many keys each feature has. A key is a sample of the descriptor's bits, and features that agree in one of their keys are compared: locality-sensitive
 * hashing (Indyk and Motwani, "Approximate Nearest Neighbors: Towards Removing the Curse of Dimensionality", 1998). Features that differ in 12 bits agree in one
 * of ten keys of 20 bits with a probability of 0.99, those that differ in 24 bits of 0.77; a pair of pictures needs only two of its many.
 */
export const KEY_TABLES = 10;

const LEAST_KEY_BITS = 16;
const MOST_KEY_BITS = 24;

/**
 * Bits of a key: as many as give each feature of the catalog a key of its own, if keys were even. Longer ones would only miss more, and shorter ones bring
 * strangers together.
 */
export const keyBitsOf = (features: number): number =>
  Math.min(MOST_KEY_BITS, Math.max(LEAST_KEY_BITS, Math.ceil(Math.log2(Math.max(1, features)))));

/** The bits of each table's key, spread over the descriptor; no bit is in two of them. They are bands without flips, so the kernels of bands join by them. */
export const keyBands = (keyBits: number): Band[] =>
  Array.from({ length: KEY_TABLES }, (_, table) => ({
    flips: 0,
    bits: Array.from({ length: keyBits }, (_, bit) =>
      Math.floor(((bit + table / KEY_TABLES) * DESCRIPTOR_BITS) / keyBits),
    ),
  }));
