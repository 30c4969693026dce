import { COLOUR_CELLS, SIGNATURE_BYTES } from "@lookalike/shared/domain/signature";

const SIDE = 256;
/** The picture's luma at so many points each way is what the transform sees. */
const SAMPLES = 32;
const FREQUENCIES = 8;

/**
 * The second, independent hash and the colours of a picture, from the same decode as the first:
 * docs/hash-format.md, `signature/1`.
 * @param rgba 256 x 256 pixels of four bytes
 */
export const signatureOf = (rgba: Uint8Array): Uint8Array => {
  const signature = new Uint8Array(SIGNATURE_BYTES);
  signature.set(frequencyHash(lumaSamples(rgba)));
  signature.set(colours(rgba), SIGNATURE_BYTES - COLOUR_CELLS * COLOUR_CELLS * 2);
  return signature;
};

/** Mean luma (Rec. 601) of each of 32 x 32 cells. */
const lumaSamples = (rgba: Uint8Array): Float64Array => {
  const samples = new Float64Array(SAMPLES * SAMPLES);
  const cell = SIDE / SAMPLES;
  for (let y = 0; y < SIDE; y += 1) {
    const row = Math.floor(y / cell) * SAMPLES;
    for (let x = 0; x < SIDE; x += 1) {
      const at = (y * SIDE + x) * 4;
      const luma = 0.299 * (rgba[at] ?? 0) + 0.587 * (rgba[at + 1] ?? 0) + 0.114 * (rgba[at + 2] ?? 0);
      const sample = row + Math.floor(x / cell);
      samples[sample] = (samples[sample] ?? 0) + luma / (cell * cell);
    }
  }
  return samples;
};

/** cos((2 n + 1) k pi / 64): the DCT-II of 32 points, frequencies 1..8 (the constant says nothing of shape). */
const COSINES = Float64Array.from({ length: FREQUENCIES * SAMPLES }, (_, at) =>
  Math.cos(((2 * (at % SAMPLES) + 1) * (Math.floor(at / SAMPLES) + 1) * Math.PI) / (2 * SAMPLES)),
);

/**
 * 64 bits: each of the 8 x 8 lowest frequencies against their median (pHash: Zauner, "Implementation
 * and Benchmarking of Perceptual Image Hash Functions", 2010, section 3.2.1).
 */
const frequencyHash = (samples: Float64Array): Uint8Array => {
  const rows = new Float64Array(SAMPLES * FREQUENCIES);
  for (let y = 0; y < SAMPLES; y += 1)
    for (let k = 0; k < FREQUENCIES; k += 1) {
      let sum = 0;
      for (let x = 0; x < SAMPLES; x += 1) sum += (samples[y * SAMPLES + x] ?? 0) * (COSINES[k * SAMPLES + x] ?? 0);
      rows[y * FREQUENCIES + k] = sum;
    }
  const frequencies = new Float64Array(FREQUENCIES * FREQUENCIES);
  for (let j = 0; j < FREQUENCIES; j += 1)
    for (let k = 0; k < FREQUENCIES; k += 1) {
      let sum = 0;
      for (let y = 0; y < SAMPLES; y += 1) sum += (rows[y * FREQUENCIES + k] ?? 0) * (COSINES[j * SAMPLES + y] ?? 0);
      frequencies[j * FREQUENCIES + k] = sum;
    }
  const sorted = frequencies.slice().sort();
  const median = ((sorted[31] ?? 0) + (sorted[32] ?? 0)) / 2;
  const hash = new Uint8Array(8);
  frequencies.forEach((value, at) => {
    if (value > median) hash[at >> 3] = (hash[at >> 3] ?? 0) | (0x80 >> (at & 7));
  });
  return hash;
};

/** Mean Cb and Cr (Rec. 601, 128 = grey) of each quarter of the picture. */
const colours = (rgba: Uint8Array): Uint8Array => {
  const sums = new Float64Array(COLOUR_CELLS * COLOUR_CELLS * 2);
  const cell = SIDE / COLOUR_CELLS;
  for (let y = 0; y < SIDE; y += 1) {
    for (let x = 0; x < SIDE; x += 1) {
      const at = (y * SIDE + x) * 4;
      const [red, green, blue] = [rgba[at] ?? 0, rgba[at + 1] ?? 0, rgba[at + 2] ?? 0];
      const to = (Math.floor(y / cell) * COLOUR_CELLS + Math.floor(x / cell)) * 2;
      sums[to] = (sums[to] ?? 0) - 0.168736 * red - 0.331264 * green + 0.5 * blue;
      sums[to + 1] = (sums[to + 1] ?? 0) + 0.5 * red - 0.418688 * green - 0.081312 * blue;
    }
  }
  return Uint8Array.from(sums, (sum) => Math.max(0, Math.min(255, Math.round(128 + sum / (cell * cell)))));
};
