import { popcount32 } from "./hamming.ts";

/** A second hash of 8 bytes, then the mean colour difference Cb and Cr of each quarter: `signature/2`. */
export const SIGNATURE_BYTES = 16;
export const COLOUR_CELLS = 2;
const HASH_BYTES = 8;

/** Bits of the second hash, and steps of colour, by which two views of one picture may differ: decision 0010. */
const MAX_HASH_BITS = 16;
const MAX_COLOUR_STEPS = 32;
/** A picture whose colours are all this close to grey has none to compare. */
const GREY_STEPS = 4;
const GREY = 128;

/**
 * Whether two signatures agree that their images show the same picture: so that one weak hash never
 * decides alone. At `xAt` and `yAt` in columns of signatures.
 */
export const corroborates = (x: Uint8Array, xAt: number, y: Uint8Array, yAt: number): boolean => {
  return hashDistance(x, xAt, y, yAt) <= MAX_HASH_BITS && colourSteps(x, xAt, y, yAt) <= MAX_COLOUR_STEPS;
};

/** Hamming distance of the second hashes, in bits. */
export const hashDistance = (x: Uint8Array, xAt: number, y: Uint8Array, yAt: number): number => {
  let bits = 0;
  for (let at = 0; at < HASH_BYTES; at += 1) bits += popcount32((x[xAt + at] ?? 0) ^ (y[yAt + at] ?? 0));
  return bits;
};

/** The largest difference of a colour; none where one of the two is grey, as a black and white copy is. */
export const colourSteps = (x: Uint8Array, xAt: number, y: Uint8Array, yAt: number): number => {
  let largest = 0;
  let [xGrey, yGrey] = [true, true];
  for (let at = HASH_BYTES; at < SIGNATURE_BYTES; at += 1) {
    const [a, b] = [x[xAt + at] ?? 0, y[yAt + at] ?? 0];
    largest = Math.max(largest, Math.abs(a - b));
    xGrey &&= Math.abs(a - GREY) <= GREY_STEPS;
    yGrey &&= Math.abs(b - GREY) <= GREY_STEPS;
  }
  return xGrey || yGrey ? 0 : largest;
};
