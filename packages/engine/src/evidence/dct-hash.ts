import { GRID_BYTES, turnGrid } from "./bit-grid.ts";
import type { Turn } from "./turns.ts";

/** Hashes of the picture as it is, mirrored, flipped, and both; the turns that transpose have the same bits in transposed order. */
export const DCT_HASHES_BYTES = 4 * GRID_BYTES;

/**
 * The four hashes of PDQ from which all eight turns follow (Facebook, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing
 * Algorithm", 2019, "dihedral hashes"): a mirrored picture has the same coefficients, those of odd horizontal frequency negated, so a
 * hash of it needs the coefficients and not the picture.
 */
export interface DctHashes {
  /** 128 bytes: as it is, mirrored, flipped, mirrored and flipped; each as ThreatExchange writes PDQ: its hexadecimal form is that one. */
  readonly hashes: Uint8Array;
  /** PDQ's quality, 0..100. */
  readonly quality: number;
}

/** A picture with a shorter side has no hash: PDQ's reference says so. */
export const LEAST_SIDE = 5;

/**
 * PDQ of a turned picture.
 * @param hashes those of {@link DctHashes}
 * @returns 32 bytes
 */
export const turnedDctHash = (hashes: Uint8Array, { transposed, mirrored, flipped }: Turn): Uint8Array => {
  // To transpose and then to mirror is to flip and then to transpose.
  const [isMirrored, isFlipped] = transposed ? [flipped, mirrored] : [mirrored, flipped];
  const from = ((isFlipped ? 2 : 0) + (isMirrored ? 1 : 0)) * GRID_BYTES;
  return turnGrid(hashes.subarray(from, from + GRID_BYTES), { transposed, mirrored: false, flipped: false });
};
