/** Width and height in pixels of what is transformed. */
export const DCT_SIDE = 64;
/** Frequencies each way: 1 to 16, without the constant. */
export const FREQUENCIES = 16;

/**
 * The matrix of the transform: 16 x 64 numbers of single precision, sqrt(2 / 64) cos((2 n + 1) k pi / 128) for k = 1 … 16, each rounded as PDQ's
 * reference implementation does it. The test beside it says which bits they are, because a sum of other bits is another hash.
 */
export const DCT_COSINES: Float64Array = Float64Array.from({ length: FREQUENCIES * DCT_SIDE }, (_, index) => {
  const frequency = Math.floor(index / DCT_SIDE) + 1;
  const place = 2 * (index % DCT_SIDE) + 1;
  return Math.fround(Math.fround(Math.sqrt(2 / DCT_SIDE)) * Math.cos((Math.PI / 2 / DCT_SIDE) * frequency * place));
});
