import { COLOUR_CELLS, SIGNATURE_BYTES } from "@lookalike/shared/domain/image/signature";
import { at, byteAt } from "@lookalike/shared/domain/primitives/columns";
import { CHROMA_SIDE, type PicturePixels, SMALL_SIDE } from "../hash/picture-pixels.ts";
import { SIGNATURE_CELLS, SIGNATURE_COSINES, SIGNATURE_FREQUENCIES } from "../hash/signature-cosines.ts";
import { GRID, GRID_BYTES, packGrid } from "./bit-grid.ts";
import { deviationOf, type SmallHashes } from "./small-hashes.ts";

/**
 * The hashes of the whole picture in plain code: the reference that the kernel small_hashes must agree with, bit by bit.
 * @param luma 128 x 128 bytes, row by row
 */
export const plainSmallHashes = (luma: Uint8Array, { cb, cr }: Pick<PicturePixels, "cb" | "cr">): SmallHashes => {
  const sum = luma.reduce((total, level) => total + level, 0);
  const squares = luma.reduce((total, level) => total + level * level, 0);
  return {
    blockhashes: blockhashes(luma),
    colours: Uint8Array.from([...cellMeans(cb, 4), ...cellMeans(cr, 4)]),
    signature: signatureOf(luma, { cb, cr }),
    deviation: deviationOf(sum, squares, luma.length),
  };
};

/** The sum of each of cells x cells squares of a plane of side x side bytes, row by row. */
const cellSums = (plane: Uint8Array, side: number, cells: number): Int32Array => {
  const sums = new Int32Array(cells * cells);
  plane.forEach((level, index) => {
    const row = Math.floor((Math.floor(index / side) * cells) / side);
    const cell = row * cells + Math.floor(((index % side) * cells) / side);
    sums[cell] = at(sums, cell) + level;
  });
  return sums;
};

/** The mean of each of cells x cells squares of chroma, rounded half up. */
const cellMeans = (chroma: Uint8Array, cells: number): Uint8Array =>
  Uint8Array.from(cellSums(chroma, CHROMA_SIDE, cells), (sum) => Math.round(sum / (CHROMA_SIDE / cells) ** 2));

/** The hash compares each block with the median of its band of four block rows. */
const BAND_BLOCKS = (GRID * GRID) / 4;
/** Half of a block's largest sum. */
const HALF_SUM = ((SMALL_SIDE / GRID) ** 2 * 256) / 2;

const blockhashes = (luma: Uint8Array): Uint8Array => {
  const sums = cellSums(luma, SMALL_SIDE, GRID);
  const hashes = new Uint8Array(2 * GRID_BYTES);
  hashes.set(blockhashOf(sums));
  hashes.set(
    blockhashOf(sums.map((_, index) => at(sums, (index % GRID) * GRID + Math.floor(index / GRID)))),
    GRID_BYTES,
  );
  return hashes;
};

const blockhashOf = (sums: Int32Array): Uint8Array => {
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

const signatureOf = (luma: Uint8Array, { cb, cr }: Pick<PicturePixels, "cb" | "cr">): Uint8Array => {
  const signature = new Uint8Array(SIGNATURE_BYTES);
  signature.set(frequencyHash(cellSums(luma, SMALL_SIDE, SIGNATURE_CELLS)));
  const [blue, red] = [cellMeans(cb, COLOUR_CELLS), cellMeans(cr, COLOUR_CELLS)];
  for (const [cell, mean] of blue.entries())
    signature.set([mean, byteAt(red, cell)], SIGNATURE_BYTES - 2 * (blue.length - cell));
  return signature;
};

/** 64 bits: each of the 8 x 8 lowest frequencies against their median. */
const frequencyHash = (samples: Int32Array): Uint8Array => {
  const cosine = (n: number, k: number): number => at(SIGNATURE_COSINES, n * SIGNATURE_FREQUENCIES + k);
  const rows = new Float64Array(SIGNATURE_CELLS * SIGNATURE_FREQUENCIES).map((_, index) => {
    const y = Math.floor(index / SIGNATURE_FREQUENCIES);
    let sum = 0;
    for (let x = 0; x < SIGNATURE_CELLS; x += 1)
      sum += at(samples, y * SIGNATURE_CELLS + x) * cosine(x, index % SIGNATURE_FREQUENCIES);
    return sum;
  });
  const frequencies = new Float64Array(SIGNATURE_FREQUENCIES ** 2).map((_, index) => {
    let sum = 0;
    for (let y = 0; y < SIGNATURE_CELLS; y += 1)
      sum +=
        at(rows, y * SIGNATURE_FREQUENCIES + (index % SIGNATURE_FREQUENCIES)) *
        cosine(y, Math.floor(index / SIGNATURE_FREQUENCIES));
    return sum;
  });
  const sorted = frequencies.slice().sort();
  const median = (at(sorted, 31) + at(sorted, 32)) / 2;
  const hash = new Uint8Array(8);
  frequencies.forEach((value, bit) => {
    if (value > median) hash[bit >> 3] = byteAt(hash, bit >> 3) | (0x80 >> (bit & 7));
  });
  return hash;
};
