import { byteAt } from "@lookalike/shared/domain/primitives/columns";
import { ENTRY_BYTES, tiffNumbers } from "../structure/tiff-numbers.ts";

const ORIENTATIONS = [1, 2, 3, 4, 5, 6, 7, 8] as const;
/** How a stored picture is turned to be seen: EXIF's orientation (CIPA DC-008, tag 274). 1 = as it is. */
export type Orientation = (typeof ORIENTATIONS)[number];

const ORIENTATION_TAG = 274;
const SHORT = 3;

/** The orientation in the first directory of an EXIF block; 1 where none is named that exists. */
export const orientationOf = (exif: Buffer): Orientation => {
  if (exif.length < 8) return 1;
  const { short, long } = tiffNumbers(exif);
  const directory = long(4);
  if (directory + 2 > exif.length) return 1;
  const end = Math.min(directory + 2 + short(directory) * ENTRY_BYTES, exif.length - ENTRY_BYTES + 1);
  for (let at = directory + 2; at < end; at += ENTRY_BYTES)
    if (short(at) === ORIENTATION_TAG && short(at + 2) === SHORT)
      return ORIENTATIONS.find((orientation) => orientation === short(at + 8)) ?? 1;
  return 1;
};

/** Whether rows become columns. */
export const isTransposed = (orientation: Orientation): boolean => orientation >= 5;

/** Orientations for which the stored columns, or rows, are in the reverse order of what is seen. */
const REVERSED_COLUMNS: readonly Orientation[] = [2, 3, 7, 8];
const REVERSED_ROWS: readonly Orientation[] = [3, 4, 6, 7];

/**
 * A plane of one byte a pixel as it is seen.
 * @param width and `height` of the stored plane
 */
export const turnPlane = (plane: Uint8Array, width: number, height: number, orientation: Orientation): Uint8Array => {
  if (orientation === 1) return plane;
  const turned = new Uint8Array(plane.length);
  const [acrossStep, downStep] = isTransposed(orientation) ? [height, 1] : [1, width];
  const isMirrored = REVERSED_COLUMNS.includes(orientation);
  const isFlipped = REVERSED_ROWS.includes(orientation);
  for (let y = 0, from = 0; y < height; y += 1) {
    const row = (isFlipped ? height - 1 - y : y) * downStep;
    for (let x = 0; x < width; x += 1, from += 1)
      turned[row + (isMirrored ? width - 1 - x : x) * acrossStep] = byteAt(plane, from);
  }
  return turned;
};
