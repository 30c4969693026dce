import type { PairKind } from "./pair-kind.ts";

/** What a camera wrote about a picture; null = nothing. */
export interface Capture {
  readonly camera: string | null;
  /** In ISO form as written, with fractions of a second where the camera writes them. */
  readonly taken: string | null;
  /** The program that wrote the file last. */
  readonly software: string | null;
  readonly pixels: number;
}

const BURST_SECONDS = 3;
const FRACTION = /\.\d+/;
const ZONE = /(?:Z|[+-]\d{2}:?\d{2})$/;

/**
 * The kind of a pair after what its cameras wrote. Two exposures are no copies, however alike they are: of one camera and several moments, a pair is a burst,
 * or only similar where these are more than seconds apart. Where times have no fractions and are equal, frames of one size that differ in places are a burst,
 * unless another program wrote one of them. Equal bytes and pixels are one exposure, whatever was written.
 */
export const kindWithCapture = (kind: PairKind, a: Capture, b: Capture): PairKind => {
  if (kind === "identical" || kind === "same-pixels") return kind;
  if (a.camera === null || a.camera !== b.camera || a.taken === null || b.taken === null) return kind;
  const haveFractions = FRACTION.test(a.taken) && FRACTION.test(b.taken);
  const seconds = Math.abs(secondsOf(a.taken, haveFractions) - secondsOf(b.taken, haveFractions));
  if (seconds > 0) return seconds <= BURST_SECONDS ? "burst" : "similar";
  const isSameFrame = a.pixels === b.pixels && a.software === b.software;
  return seconds === 0 && !haveFractions && kind === "retouched" && isSameFrame ? "burst" : kind;
};

/** Of a clock that has no zone: one camera's times are compared with each other. NaN where it is no time. */
const secondsOf = (taken: string, withFractions: boolean): number => {
  const local = taken.replace(ZONE, "");
  return Date.parse(`${withFractions ? local : local.replace(FRACTION, "")}Z`) / 1_000;
};
