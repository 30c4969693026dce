/** Levels of a picture that a feature may be on; features are searched on the first six with a long side of at most 360 pixels. */
export const FEATURE_LEVELS = 12;

/** Directions of a feature, 5.625° apart. */
export const ANGLES = 64;

/** A quarter of the cosines of these directions, times 2^14. Written down, because a cosine's last bit depends on the machine. */
const QUARTER = [
  16384, 16305, 16069, 15679, 15137, 14449, 13623, 12665, 11585, 10394, 9102, 7723, 6270, 4756, 3196, 1606, 0,
];

/** Cosines of all directions, times 2^14; the sine is the cosine of 16 directions before. */
export const COSINES: Int32Array = Int32Array.from({ length: ANGLES }, (_, angle) => {
  const [from, turned] = [angle % 32, angle < 32 ? 1 : -1];
  return turned * (from <= 16 ? (QUARTER[from] as number) : -(QUARTER[32 - from] as number));
});

/** The patch of a feature is a circle of this radius, in pixels of its level. */
export const PATCH_RADIUS = 15;

/**
 * The first 128 tests of a descriptor: pairs of points (x, y), (x, y) in pixels from the feature's centre, with the x axis in the feature's direction.
 * The other 128 are the same with y negated, so that the descriptor of a mirrored feature has both halves exchanged.
 *
 * They were chosen from 20,000 random pairs on 1,885 features of photographs, as for ORB (Rublee et al., 2011, section 4.3): those that are 1 as often
 * as 0 and seldom change when the feature moves by a pixel, turns by 3° or grows by 6 %, none of which agrees with another more often than 78 % of
 * the time.
 */
// biome-ignore format: four tests a line.
export const TESTS: Int8Array = Int8Array.of(
  2, 3, 4, 11, 8, 2, 14, -3, -10, -3, -11, 10, -7, 2, -8, 12,
  7, 2, 12, 8, 11, 10, 9, -2, -13, 7, -8, -2, 10, 8, 13, -7,
  -1, 3, 0, 8, 5, 6, 8, 12, -9, 5, -7, -5, -14, -5, -9, -3,
  -2, 5, -1, 13, -10, 11, -8, -9, -14, -3, -11, 6, -5, 14, -4, 6,
  5, -1, 7, 7, -15, 0, -10, 3, -10, 10, -7, 5, 8, 12, 8, -9,
  2, 10, 3, 14, 12, -9, 10, -5, 2, -2, 3, 7, 7, 11, 6, 1,
  9, -7, 13, -7, -8, 12, -5, -6, 14, -5, 10, -3, -3, -11, -3, 0,
  9, 7, 14, 1, 6, 5, 7, -4, 0, 4, 1, -13, -6, 2, -6, -8,
  4, 3, 5, -5, 14, 5, 14, -1, 5, 14, 4, -6, -14, 5, -9, 10,
  -4, 13, -3, -5, 8, -3, 9, 6, -2, -5, -2, 2, -13, -5, -8, 12,
  4, -2, 13, -6, 2, 14, 2, 5, -4, 7, -4, -9, -1, 14, -1, 10,
  11, -10, 12, -3, 7, 6, 8, 1, 12, -6, 6, 5, 1, 3, 9, 12,
  -11, -3, -7, -2, -9, -6, -12, -9, -9, -3, -8, -8, -2, -7, -1, 14,
  -8, -7, -6, -2, 3, 8, 4, -5, -12, 2, -9, 6, -12, 8, -7, 8,
  -11, 4, -11, -2, 2, 6, 4, -10, 4, 8, 8, -11, 0, 2, 5, -11,
  14, 2, 11, -9, -5, 0, -4, -5, -9, 7, -8, 12, -5, -10, -5, 13,
  1, -5, 1, 3, 1, 12, 1, -8, -3, -1, -3, 7, -6, -4, -13, 3,
  10, -11, 7, -8, -7, -7, -8, 2, -6, -8, -8, -12, -8, 7, -6, -11,
  -7, 12, -3, 2, -6, 5, -5, 12, 7, -10, 12, -7, -6, 3, -5, -3,
  8, -12, 8, -7, -1, 5, 1, -8, 7, -13, 13, 6, -3, 10, -2, 6,
  6, -7, 6, 10, -1, 10, 0, -1, -5, 14, -8, -12, -12, 9, -12, 2,
  -2, -9, 0, -14, -3, 6, -2, -5, 3, 2, 8, -5, 12, 1, 14, 5,
  5, 14, 8, -12, -10, 9, -4, 5, 2, -11, 4, 14, -5, -1, -2, 14,
  -5, -3, -4, -7, -5, -14, -2, -10, 5, 13, 7, 2, -5, -2, -8, 6,
  -6, 13, -12, 1, -13, 7, -3, 13, -2, 8, -1, -9, 4, -3, 4, 11,
  -4, -12, -2, 11, 11, 2, 6, 6, 0, 9, 1, -7, 0, 15, 1, -11,
  0, -15, 2, -8, -7, 7, -2, 14, 13, 6, 10, 9, 2, 10, 9, 11,
  5, -5, 5, -1, -2, 3, 1, 7, 0, 2, 4, -4, -1, 11, 0, -13,
  3, -8, 3, -4, 5, 13, 10, 8, 0, 15, 3, -6, 3, -14, -3, -3,
  -5, 13, 0, 15, 1, 5, 0, 10, -6, -13, 0, 15, -9, 0, -4, 6,
  0, -1, -1, 3, -7, 12, -1, -7, 3, 4, 8, 4, 2, -14, -2, 7,
  4, -14, 6, -10, -2, -11, -5, 7, -8, 12, -1, 11, 2, 9, 7, -6,
);
