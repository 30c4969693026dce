import { at } from "@lookalike/shared/domain/primitives/columns";
import { SMALL_SIDE } from "../hash/picture-pixels.ts";
import { cellSums } from "../hash/pixels/cell-sums.ts";
import { GRID, GRID_BYTES, packGrid, turnGrid } from "./bit-grid.ts";
import type { Turn } from "./turns.ts";

/** Width and height of a block in pixels. */
const BLOCK = SMALL_SIDE / GRID;
/** The hash compares each block with the median of its band of four block rows. */
const BAND_BLOCKS = (GRID * GRID) / 4;
/** Half of a block's largest sum. */
const HALF_SUM = (BLOCK * BLOCK * 256) / 2;

/**
 * `blockhash16` of luma: bmvbhash of blockhash-core 0.1.0 (Yang, Gu and Niu, "Block Mean Value Based Image Perceptual Hashing", 2006) on a
 * grey picture.
 * @param luma 128 x 128 bytes, row by row
 * @returns 32 bytes
 */
export const blockhash = (luma: Uint8Array): Uint8Array => hashOf(blockSums(luma));

/**
 * {@link blockhash} of luma and of the transposed luma: what is needed to compare all eight turns without a second decode.
 *
 * A mirrored, flipped or half-turned picture has the same blocks in the same bands, so its hash is a permutation of this one's bits. The
 * four turns that transpose have other bands, therefore they need the second hash.
 * @param luma 128 x 128 bytes, row by row
 * @returns 64 bytes: the hash, 32 bytes, then that of the transposed luma
 */
export const blockhashes = (luma: Uint8Array): Uint8Array => {
  const sums = blockSums(luma);
  const hashes = new Uint8Array(2 * GRID_BYTES);
  hashes.set(hashOf(sums));
  hashes.set(hashOf(sums.map((_, index) => at(sums, (index % GRID) * GRID + Math.floor(index / GRID)))), GRID_BYTES);
  return hashes;
};

/**
 * The blockhash of a turned picture.
 * @param hashes what {@link blockhashes} returned for the picture
 * @returns 32 bytes
 */
export const turnedBlockhash = (hashes: Uint8Array, turn: Turn): Uint8Array => {
  const from = turn.transposed ? GRID_BYTES : 0;
  return turnGrid(hashes.subarray(from, from + GRID_BYTES), { ...turn, transposed: false });
};

/** The blockhash of a picture as it is, a copy out of what {@link blockhashes} returned. */
export const uprightBlockhash = (hashes: Uint8Array): Uint8Array => hashes.slice(0, GRID_BYTES);

/** The sum of each of 16 x 16 blocks of 8 x 8 pixels. */
const blockSums = (luma: Uint8Array): Int32Array => cellSums(luma, SMALL_SIDE, GRID);

const hashOf = (sums: Int32Array): Uint8Array => {
  const medians = [0, 1, 2, 3].map((band) => {
    const sorted = sums.slice(band * BAND_BLOCKS, (band + 1) * BAND_BLOCKS).sort();
    return (at(sorted, BAND_BLOCKS / 2 - 1) + at(sorted, BAND_BLOCKS / 2)) / 2;
  });
  return packGrid((index) => {
    const median = medians[Math.floor(index / BAND_BLOCKS)] as number;
    const sum = at(sums, index);
    // Blocks that equal the median are 1 in the light half only, so that a white picture is not all zeros.
    return sum > median || (sum === median && median > HALF_SUM);
  });
};
