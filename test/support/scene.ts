import { randomWords } from "@lookalike/shared/domain/primitives/random";

/** Octaves of noise: cells across the picture's width, and how much they weigh. The finest are texture. */
const OCTAVES: readonly (readonly [cells: number, weight: number])[] = [
  [3, 0.7],
  [6, 1],
  [12, 0.8],
  [24, 0.4],
  [60, 0.2],
];

/**
 * Draws a scene that is like a photograph to the hash: light and dark at every scale, with two colours
 * that run into each other. The same number gives the same pixels; no two of the first thousand scenes
 * are look-alikes (scene.test.ts).
 * @returns height x width pixels of three bytes
 */
export const drawScene = (scene: number, width: number, height: number): Buffer => {
  const random = randomWords(Math.imul(scene + 1, 0x9e3779b9));
  const part = (): number => random() / 2 ** 32;
  const [dark, light] = [0.15, 0.75].map((least) => [0, 1, 2].map(() => (least + part() * 0.25) * 255)) as [
    number[],
    number[],
  ];
  const luma = new Float64Array(width * height);
  const tint = new Float64Array(width * height);
  for (const [cells, weight] of OCTAVES) addNoise(luma, width, cells, weight, part);
  addNoise(tint, width, 4, 1, part);
  const pixels = Buffer.alloc(width * height * 3);
  for (let at = 0; at < luma.length; at += 1) {
    const share = 1 / (1 + Math.exp(-2.2 * (luma[at] as number)));
    for (let channel = 0; channel < 3; channel += 1) {
      const value = (dark[channel] as number) * (1 - share) + (light[channel] as number) * share;
      pixels[at * 3 + channel] = Math.max(0, Math.min(255, value + (channel - 1) * 24 * (tint[at] as number)));
    }
  }
  return pixels;
};

/** Adds smooth noise in [-weight, weight]: random values at the corners of square cells, blended between them. */
const addNoise = (field: Float64Array, width: number, cells: number, weight: number, part: () => number): void => {
  const height = field.length / width;
  const cell = width / cells;
  const columns = cells + 2;
  const corners = Float64Array.from(
    { length: columns * (Math.ceil(height / cell) + 2) },
    () => (part() * 2 - 1) * weight,
  );
  for (let y = 0; y < height; y += 1) {
    const row = Math.floor(y / cell);
    const down = smooth(y / cell - row);
    for (let x = 0; x < width; x += 1) {
      const column = Math.floor(x / cell);
      const right = smooth(x / cell - column);
      const corner = row * columns + column;
      const above = blend(corners[corner] as number, corners[corner + 1] as number, right);
      const below = blend(corners[corner + columns] as number, corners[corner + columns + 1] as number, right);
      field[y * width + x] = (field[y * width + x] as number) + blend(above, below, down);
    }
  }
};

const blend = (from: number, to: number, share: number): number => from + (to - from) * share;

/** From 0 to 1, without an edge between neighbouring cells. */
const smooth = (share: number): number => share * share * (3 - 2 * share);
