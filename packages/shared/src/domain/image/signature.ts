import { byteAt } from "../primitives/columns.ts";
import { hammingDistanceAt } from "./hamming.ts";

/** Length of `signature/3`: a second hash of 8 bytes, then the mean colour differences Cb and Cr of each quarter. */
export const SIGNATURE_BYTES = 16;
export const COLOUR_CELLS = 2;
const HASH_BYTES = 8;

/** By how many bits of the second hash, and steps of colour, two views of one picture may differ: decision 0010. */
export const MAX_SECOND_BITS = 16;
export const MAX_COLOUR_STEPS = 32;
/** A picture whose colours are all this close to grey has none to compare. */
const GREY_STEPS = 4;
const GREY = 128;

/**
 * Whether two signatures agree that their images show the same picture, so that one weak hash never decides alone.
 * They are at `xFrom` and `yFrom` in columns of signatures.
 */
export const corroborates = (x: Uint8Array, xFrom: number, y: Uint8Array, yFrom: number): boolean =>
  hashDistance(x, xFrom, y, yFrom) <= MAX_SECOND_BITS && colourSteps(x, xFrom, y, yFrom) <= MAX_COLOUR_STEPS;

/** Hamming distance of the second hashes, in bits. */
export const hashDistance = (x: Uint8Array, xFrom: number, y: Uint8Array, yFrom: number): number =>
  hammingDistanceAt(x, xFrom, y, yFrom, HASH_BYTES);

/** The largest difference of a colour; 0 where one of the two is grey, as a black and white copy is. */
export const colourSteps = (x: Uint8Array, xFrom: number, y: Uint8Array, yFrom: number): number => {
  let largest = 0;
  let isGreyX = true;
  let isGreyY = true;
  for (let byte = HASH_BYTES; byte < SIGNATURE_BYTES; byte += 1) {
    const a = byteAt(x, xFrom + byte);
    const b = byteAt(y, yFrom + byte);
    largest = Math.max(largest, Math.abs(a - b));
    isGreyX &&= Math.abs(a - GREY) <= GREY_STEPS;
    isGreyY &&= Math.abs(b - GREY) <= GREY_STEPS;
  }
  return isGreyX || isGreyY ? 0 : largest;
};
