import { at, byteAt } from "@lookalike/shared/domain/primitives/columns";
import type { Luma } from "./evidence-memory.ts";
import { ANGLES, COSINES, FEATURE_LEVELS, PATCH_RADIUS, TESTS } from "./feature-pattern.ts";
import { FEATURE_BYTES } from "./features.ts";

const MARGIN = 16;
const THRESHOLD = 4;
const FIRST_SIDE = 360;
const DETECTED_LEVELS = 6;
const GRID = 6;
const CELL_CORNERS = 12;
const MOST_PER_CELL = 6;
const SAME_PIXELS = 4;
const SAME_LEVELS = 2;
const POSITION_UNITS = 64;
const BOX_RADIUS = 4;

interface Corner {
  readonly x: number;
  readonly y: number;
  readonly levelX: number;
  readonly levelY: number;
  readonly level: number;
  readonly score: number;
}

/** The features in plain code: the reference that the kernel find_features must agree with, bit by bit. */
export const plainFeatures = (picture: Luma, most: number): Uint8Array => {
  const levels = levelsOf(picture);
  const cells: Corner[][] = Array.from({ length: GRID * GRID }, () => []);
  for (const [level, pixels] of levels.entries()) {
    if (Math.max(pixels.width, pixels.height) > FIRST_SIDE) continue;
    for (const corner of cornersOf(pixels, level)) {
      const column = Math.floor((corner.x * GRID) / (picture.width * POSITION_UNITS));
      const row = Math.floor((corner.y * GRID) / (picture.height * POSITION_UNITS));
      cells[row * GRID + column]?.push(corner);
    }
  }
  // Array.sort is stable: of equal corners the first of the finest level comes first.
  for (const cell of cells) cell.sort((a, b) => b.score - a.score).splice(CELL_CORNERS);
  const features = choose(cells, most).map((corner) => featureOf(levels[corner.level] as Luma, corner));
  return Uint8Array.from(features.flat());
};

/** The picture, and its levels up to the last that is searched. */
const levelsOf = (picture: Luma): Luma[] => {
  const levels: Luma[] = [];
  let searched = 0;
  for (let level = picture; levels.length < FEATURE_LEVELS && searched < DETECTED_LEVELS; level = shrink(level)) {
    if (Math.min(level.width, level.height) <= 2 * MARGIN) break;
    levels.push(level);
    if (Math.max(level.width, level.height) <= FIRST_SIDE) searched += 1;
  }
  return levels;
};

const shrink = ({ luma, width, height }: Luma): Luma => {
  const [across, down] = [Math.floor(width / 6) * 5, Math.floor(height / 6) * 5];
  const from = (index: number): number => Math.floor(index / 5) * 6 + (index % 5);
  return {
    width: across,
    height: down,
    luma: Uint8Array.from({ length: across * down }, (_, index) => {
      const [x, y] = [index % across, Math.floor(index / across)];
      const rowSum = (row: number): number =>
        (5 - (x % 5)) * byteAt(luma, row * width + from(x)) + ((x % 5) + 1) * byteAt(luma, row * width + from(x) + 1);
      const sum = (5 - (y % 5)) * rowSum(from(y)) + ((y % 5) + 1) * rowSum(from(y) + 1);
      return (sum * 1821 + 32_768) >> 16;
    }),
  };
};

// biome-ignore format: four quarters of the circle.
const CIRCLE: readonly (readonly [x: number, y: number])[] = [
  [0, -3], [1, -3], [2, -2], [3, -1],
  [3, 0], [3, 1], [2, 2], [1, 3],
  [0, 3], [-1, 3], [-2, 2], [-3, 1],
  [-3, 0], [-3, -1], [-2, -2], [-1, -3],
];
const ARC = 9;

const scoreAt = ({ luma, width }: Luma, x: number, y: number): number => {
  const middle = byteAt(luma, y * width + x);
  const differences = CIRCLE.map(([dx, dy]) => byteAt(luma, (y + dy) * width + x + dx) - middle);
  let best = 0;
  for (let first = 0; first < CIRCLE.length; first += 1) {
    let least = 255;
    let most = -255;
    for (let index = first; index < first + ARC; index += 1) {
      const difference = differences[index % CIRCLE.length] as number;
      least = Math.min(least, difference);
      most = Math.max(most, difference);
    }
    best = Math.max(best, least, -most);
  }
  return Math.max(0, best - THRESHOLD);
};

const inPicture = (levelUnits: number, level: number): number => Math.floor((levelUnits * 6 ** level) / 5 ** level);

const cornersOf = (pixels: Luma, level: number): Corner[] => {
  const { width, height } = pixels;
  const scores = new Uint8Array(width * height);
  for (let y = MARGIN; y < height - MARGIN; y += 1)
    for (let x = MARGIN; x < width - MARGIN; x += 1) scores[y * width + x] = scoreAt(pixels, x, y);
  const corners: Corner[] = [];
  scores.forEach((score, index) => {
    if (score === 0) return;
    const above = [-width - 1, -width, -width + 1, -1].every((step) => score > byteAt(scores, index + step));
    const below = [1, width - 1, width, width + 1].every((step) => score >= byteAt(scores, index + step));
    if (!above || !below) return;
    const [levelX, levelY] = [index % width, Math.floor(index / width)];
    const position = (pixel: number): number => inPicture((2 * pixel + 1) * (POSITION_UNITS / 2), level);
    corners.push({ x: position(levelX), y: position(levelY), levelX, levelY, level, score });
  });
  return corners;
};

/** In each pass the next corner of each cell, the strongest first, that is not the same as one that was chosen. */
const choose = (cells: readonly Corner[][], most: number): Corner[] => {
  const chosen: Corner[] = [];
  const isSame = (a: Corner, b: Corner): boolean =>
    Math.abs(a.level - b.level) <= SAME_LEVELS &&
    (a.x - b.x) ** 2 + (a.y - b.y) ** 2 < inPicture(SAME_PIXELS * POSITION_UNITS, a.level) ** 2;
  for (let pass = 0; pass < MOST_PER_CELL; pass += 1) {
    const strongest = [...cells].sort((a, b) => (b[0]?.score ?? 0) - (a[0]?.score ?? 0));
    for (const cell of strongest) {
      while (cell[0] !== undefined && chosen.some((corner) => isSame(cell[0] as Corner, corner))) cell.shift();
      const corner = cell[0];
      if (corner === undefined) continue;
      if (chosen.length === most) return chosen;
      chosen.push(corner);
      cell.shift();
    }
  }
  return chosen;
};

const angleOf = ({ luma, width }: Luma, { levelX, levelY }: Corner): number => {
  let across = 0;
  let down = 0;
  for (let y = -PATCH_RADIUS; y <= PATCH_RADIUS; y += 1)
    for (let x = -PATCH_RADIUS; x <= PATCH_RADIUS; x += 1) {
      if (x * x + y * y > PATCH_RADIUS * (PATCH_RADIUS + 1)) continue;
      const pixel = byteAt(luma, (levelY + y) * width + levelX + x);
      across += x * pixel;
      down += y * pixel;
    }
  let angle = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < ANGLES; k += 1) {
    const along = across * at(COSINES, k) + down * sineOf(k);
    if (along > most) [angle, most] = [k, along];
  }
  return angle;
};

const sineOf = (angle: number): number => at(COSINES, (angle + ANGLES - ANGLES / 4) % ANGLES);

/** A rotated coordinate in pixels; a half is rounded away from 0. */
const rounded = (value: number): number => Math.sign(value) * Math.floor((Math.abs(value) + 8_192) / 16_384);

const featureOf = (pixels: Luma, corner: Corner): number[] => {
  const { luma, width, height } = pixels;
  const angle = angleOf(pixels, corner);
  const [cosine, sine] = [at(COSINES, angle), sineOf(angle)];
  const within = (value: number, length: number): number =>
    Math.max(BOX_RADIUS, Math.min(length - 1 - BOX_RADIUS, value));
  const box = (x: number, y: number): number => {
    const middleX = within(corner.levelX + rounded(x * cosine - y * sine), width);
    const middleY = within(corner.levelY + rounded(x * sine + y * cosine), height);
    let sum = 0;
    for (let row = middleY - BOX_RADIUS; row <= middleY + BOX_RADIUS; row += 1)
      for (let column = middleX - BOX_RADIUS; column <= middleX + BOX_RADIUS; column += 1)
        sum += byteAt(luma, row * width + column);
    return sum;
  };
  const feature = new Uint8Array(FEATURE_BYTES);
  feature.set([corner.x & 255, corner.x >> 8, corner.y & 255, corner.y >> 8, corner.level, angle]);
  for (let test = 0; test < 256; test += 1) {
    const point = (index: number): number => TESTS[(test % 128) * 4 + index] as number;
    const side = test < 128 ? 1 : -1;
    if (box(point(0), side * point(1)) < box(point(2), side * point(3)))
      feature[6 + (test >> 3)] = byteAt(feature, 6 + (test >> 3)) | (0x80 >> (test & 7));
  }
  return [...feature];
};
