import { at } from "@lookalike/shared/domain/primitives/columns";
import { ANGLES, COSINES, FEATURE_LEVELS } from "../evidence/feature-pattern.ts";
import { PLACE_COLUMNS } from "./feature-tile.ts";

/** Places nearer to each other than 12 pixels, in 64ths, say nothing about direction and size. */
const LEAST_SQUARE = (12 * 64) ** 2;
/** The map that two matches give must turn and scale as the features themselves say: within 15° and a factor of 1.4. */
const COSINE_15 = 0.9659258262890683;
const SCALE_FACTOR = 1.4;
/** More matches add time, and say no more. */
export const MOST_PLACED = 32;
const LEVEL_SCALE = 6 / 5;
/** The unit of {@link COSINES}. */
const COSINE_UNIT = 16_384;

/** Sizes of the levels' pixels. */
const SCALES: readonly number[] = Array.from({ length: FEATURE_LEVELS }, (_, level) => LEVEL_SCALE ** level);

/** Matches of two pictures: rows of two tiles' places. */
export interface RowMatches {
  readonly left: Int32Array;
  readonly right: Int32Array;
}

/**
 * How many features of two pictures are placed alike: the largest number of matches of which one agrees with all others in how it turns and scales the one picture to
 * the other. This is weak geometric consistency (Jégou, Douze and Schmid, "Hamming Embedding and Weak Geometric Consistency for Large Scale Image Search", 2008),
 * by the features' places, too. Strangers share features by chance much more often than they have them placed alike.
 * @returns 0 where no two agree; at most 32
 */
export const agreeingMatches = (
  leftPlaces: Int32Array,
  rightPlaces: Int32Array,
  { left, right }: RowMatches,
): number => {
  const count = Math.min(left.length, MOST_PLACED);
  let most = 1;
  for (let first = 0; first < count && most < count; first += 1) {
    let agreeing = 1;
    for (let second = 0; second < count; second += 1)
      if (
        second !== first &&
        agree(
          leftPlaces,
          at(left, first) * PLACE_COLUMNS,
          at(left, second) * PLACE_COLUMNS,
          rightPlaces,
          at(right, first) * PLACE_COLUMNS,
          at(right, second) * PLACE_COLUMNS,
        )
      )
        agreeing += 1;
    most = Math.max(most, agreeing);
  }
  return most > 1 ? most : 0;
};

/**
 * Whether one map with turn and scale moves both features of one picture onto those of the other, also by their own directions and sizes. There is no function of an
 * angle in it, whose last bit would depend on the machine: a direction is a complex number.
 */
const agree = (left: Int32Array, l1: number, l2: number, right: Int32Array, r1: number, r2: number): boolean => {
  const [lx, ly] = [at(left, l2) - at(left, l1), at(left, l2 + 1) - at(left, l1 + 1)];
  const [rx, ry] = [at(right, r2) - at(right, r1), at(right, r2 + 1) - at(right, r1 + 1)];
  const [leftSquare, rightSquare] = [lx * lx + ly * ly, rx * rx + ry * ry];
  if (leftSquare < LEAST_SQUARE || rightSquare < LEAST_SQUARE) return false;
  // The turn from the left picture to the right one.
  const [turnX, turnY] = [lx * rx + ly * ry, lx * ry - ly * rx];
  const length = Math.sqrt(leftSquare * rightSquare);
  const scale = Math.sqrt(rightSquare / leftSquare);
  return (
    fits(left, l1, right, r1, turnX / length, turnY / length, scale) &&
    fits(left, l2, right, r2, turnX / length, turnY / length, scale)
  );
};

/** Whether a feature is turned and scaled as the map says. */
const fits = (
  left: Int32Array,
  l: number,
  right: Int32Array,
  r: number,
  turnX: number,
  turnY: number,
  scale: number,
): boolean => {
  const ratio = (SCALES[at(right, r + 2)] as number) / ((SCALES[at(left, l + 2)] as number) * scale);
  if (ratio > SCALE_FACTOR || ratio * SCALE_FACTOR < 1) return false;
  const turned = (at(right, r + 3) - at(left, l + 3) + ANGLES) % ANGLES;
  const [x, y] = [at(COSINES, turned), at(COSINES, (turned + ANGLES - ANGLES / 4) % ANGLES)];
  return x * turnX + y * turnY >= COSINE_15 * COSINE_UNIT;
};
