import { WORKING_SIDE } from "../picture-pixels.ts";

interface Size {
  readonly width: number;
  readonly height: number;
}

/** By how much a JPEG decoder can shrink a picture, the most first. */
const SHRINKS = [8, 4, 2] as const;

/** The size of the working picture: the long side has at most WORKING_SIDE pixels, and no side is enlarged. */
export const workingSize = ({ width, height }: Size): Size => {
  const long = Math.max(width, height);
  if (long <= WORKING_SIDE) return { width, height };
  const scaled = (side: number): number => Math.max(1, Math.floor((2 * WORKING_SIDE * side + long) / (2 * long)));
  return { width: scaled(width), height: scaled(height) };
};

/** By how much a JPEG is shrunk when it is decoded: as much as leaves WORKING_SIDE pixels for the long side. */
export const decodeShrink = ({ width, height }: Size): number =>
  SHRINKS.find((shrink) => Math.ceil(Math.max(width, height) / shrink) >= WORKING_SIDE) ?? 1;
