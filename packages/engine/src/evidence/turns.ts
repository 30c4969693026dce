/**
 * One of the eight ways to turn a picture, the symmetries of a rectangle and its transposed one. A turn first transposes the picture
 * (rows become columns), then reverses the order of its columns (a mirror) and of its rows.
 */
export interface Turn {
  readonly transposed: boolean;
  /** Left and right change places. */
  readonly mirrored: boolean;
  /** Top and bottom change places. */
  readonly flipped: boolean;
}

/** All turns by the names that viewers use; a rotation is clockwise. */
export const TURNS = {
  none: { transposed: false, mirrored: false, flipped: false },
  rotated90: { transposed: true, mirrored: true, flipped: false },
  rotated180: { transposed: false, mirrored: true, flipped: true },
  rotated270: { transposed: true, mirrored: false, flipped: true },
  mirrored: { transposed: false, mirrored: true, flipped: false },
  flipped: { transposed: false, mirrored: false, flipped: true },
  transposed: { transposed: true, mirrored: false, flipped: false },
  transverse: { transposed: true, mirrored: true, flipped: true },
} as const satisfies Record<string, Turn>;
