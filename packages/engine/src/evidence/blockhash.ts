import { GRID_BYTES, turnGrid } from "./bit-grid.ts";
import type { Turn } from "./turns.ts";

/**
 * The blockhash (bmvbhash of blockhash-core 0.1.0: Yang, Gu and Niu, "Block Mean Value Based Image Perceptual Hashing", 2006) of a turned picture.
 *
 * A mirrored, flipped or half-turned picture has the same blocks in the same bands, so its hash is a permutation of this one's bits. The
 * four turns that transpose have other bands, therefore they need the second hash.
 * @param hashes 64 bytes: the hash of the picture as it is, then that of the transposed picture
 * @returns 32 bytes
 */
export const turnedBlockhash = (hashes: Uint8Array, turn: Turn): Uint8Array => {
  const from = turn.transposed ? GRID_BYTES : 0;
  return turnGrid(hashes.subarray(from, from + GRID_BYTES), { ...turn, transposed: false });
};

/** The blockhash of a picture as it is, a copy out of both. */
export const uprightBlockhash = (hashes: Uint8Array): Uint8Array => hashes.slice(0, GRID_BYTES);
