import { at } from "@lookalike/shared/domain/primitives/columns";
import { GRID, GRID_BYTES, packGrid, turnGrid } from "./bit-grid.ts";
import type { Turn } from "./turns.ts";

/** The 16 x 16 lowest frequencies of a picture, row by row from the lowest, and PDQ's quality, 0..100. */
export interface DctCoefficients {
  readonly coefficients: Float64Array;
  readonly quality: number;
}

/** A picture with a shorter side has no hash: PDQ's reference says so. */
export const LEAST_SIDE = 5;
/** Hashes of the picture as it is, mirrored, flipped, and both; the turns that transpose have the same bits in transposed order. */
export const DCT_HASHES_BYTES = 4 * GRID_BYTES;
const BITS = GRID * GRID;

/**
 * The four hashes of PDQ from which all eight turns follow (Facebook, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing
 * Algorithm", 2019, "dihedral hashes"): a mirrored picture has the same coefficients, those of odd horizontal frequency negated, so a
 * hash of it needs the coefficients and not the picture.
 * @returns 128 bytes: as it is, mirrored, flipped, mirrored and flipped; each as ThreatExchange writes PDQ: its hexadecimal form is that one
 */
export const dctHashes = (coefficients: Float64Array): Uint8Array => {
  const hashes = new Uint8Array(DCT_HASHES_BYTES);
  for (let number = 0; number < 4; number += 1)
    hashes.set(
      hashOf(coefficients.map((value, index) => value * signOf(index, number % 2 === 1, number >= 2))),
      number * GRID_BYTES,
    );
  return hashes;
};

/**
 * PDQ of a turned picture.
 * @param hashes what {@link dctHashes} returned for the picture
 * @returns 32 bytes
 */
export const turnedDctHash = (hashes: Uint8Array, { transposed, mirrored, flipped }: Turn): Uint8Array => {
  // To transpose and then to mirror is to flip and then to transpose.
  const [isMirrored, isFlipped] = transposed ? [flipped, mirrored] : [mirrored, flipped];
  const from = ((isFlipped ? 2 : 0) + (isMirrored ? 1 : 0)) * GRID_BYTES;
  return turnGrid(hashes.subarray(from, from + GRID_BYTES), { transposed, mirrored: false, flipped: false });
};

/** Frequencies count from 1, so those of even index are odd. */
const signOf = (index: number, mirrored: boolean, flipped: boolean): number =>
  (mirrored && index % 2 === 0 ? -1 : 1) * (flipped && (index >> 4) % 2 === 0 ? -1 : 1);

/** A bit is 1 where its coefficient is above the 128th smallest of 256. PDQ writes the last bit first. */
const hashOf = (coefficients: Float64Array): Uint8Array => {
  const keys = orderedKeys(coefficients);
  const median = at(keys.slice().sort(), BITS / 2 - 1);
  return packGrid((index) => at(keys, BITS - 1 - index) > median);
};

/** Whole numbers in the order of numbers of single precision: V8 sorts them several times faster. */
const orderedKeys = (numbers: Float64Array): Int32Array => {
  const floats = new Float32Array(numbers.length);
  // Adding 0 makes -0 to 0.
  for (let index = 0; index < numbers.length; index += 1) floats[index] = at(numbers, index) + 0;
  const keys = new Int32Array(floats.buffer);
  for (let index = 0; index < keys.length; index += 1)
    if (at(keys, index) < 0) keys[index] = at(keys, index) ^ 0x7fffffff;
  return keys;
};
