/** Cells in a row and in a column, whose sums of luma are what the signature's transform is of, and frequencies each way. */
export const SIGNATURE_CELLS = 32;
export const SIGNATURE_FREQUENCIES = 8;

/** cos((2 n + 1) k pi / 64) by n, then by k: the DCT-II of 32 points, frequencies 1..8. Frequency 0 says nothing about shape. */
export const SIGNATURE_COSINES = Float64Array.from({ length: SIGNATURE_CELLS * SIGNATURE_FREQUENCIES }, (_, index) => {
  const n = Math.floor(index / SIGNATURE_FREQUENCIES);
  const k = (index % SIGNATURE_FREQUENCIES) + 1;
  return Math.cos(((2 * n + 1) * k * Math.PI) / (2 * SIGNATURE_CELLS));
});
