import type { PixelKind } from "@lookalike/shared/domain/image/pair-kind";
import type { Comparison } from "./compare-pictures.ts";
import { isMirrored, rotationOf } from "./transform.ts";

/** What a kind is decided from besides the comparison. */
export interface PairFacts {
  /** Pixels of the whole pictures. */
  readonly pixelsA: number;
  readonly pixelsB: number;
  /** Whether both are drawn on a background, as pages, screens and pictures of products are: of these, what differs is the content. */
  readonly isDocument: boolean;
  /** Whether the larger view goes on around the smaller one: see border.ts. It reads pixels, which only a part of another picture needs. */
  readonly continues: () => boolean;
}

/** A picture shows the whole of another one where so much of that one is inside it. */
const CONTAINED = 0.92;
const WHOLE = 0.97;
/** Fewer blocks with a texture can't tell one blurred wall from another. */
const LEAST_TEXTURED = 6;
/** Copies have .97 and more. */
const COPY_CORRELATION = 0.95;
/** A copy differs in no more than a few blocks, where a strong compression left nothing of them. */
const COPY_DIFFERS = 0.01;
/** Blocks that agree have .88 and more in edited pictures, and .6 to .83 in pairs of strangers. */
const LEAST_AGREEMENT = 0.86;
/** Where much differs, as under a large watermark, the rest must be a copy: portraits before one backdrop agree by .86 to .9. */
const SURE_CORRELATION = 0.75;
const SURE_AGREEMENT = 0.94;
const MOST_DIFFERING = 0.2;
const OTHER_COLOURS = 0.2;
/** A compression changes levels by 1 or 2 in the mean, a smaller copy of thin writing by 4. */
const TONE_LEVELS = 5;
const SHIFT_LEVELS = 4;
/** What is drawn on a background is a copy where its own colours say so, or its tones are nearly the same. */
const OWN_COLOURS = 4;
const NEAR_TONE_LEVELS = 12;
const SAME_TONE_LEVELS = 3;
const SATURATION = [0.75, 1.3] as const;
const ROTATED_DEGREES = 0.7;
/** A rotated picture's corners are outside the other. */
const ROTATED_WHOLE = 0.6;
const RESIZED = 1.02;

/** The kind of a pair; null where both do not show the same, or show too little to be sure. */
export const kindOf = (comparison: Comparison, facts: PairFacts): PixelKind | null => {
  const { ofA, ofB, textured, correlation, agreement, differing, colours, transform } = comparison;
  if (Math.max(ofA, ofB) < CONTAINED || textured < LEAST_TEXTURED) return null;
  const leastAgreement = correlation < SURE_CORRELATION ? SURE_AGREEMENT : LEAST_AGREEMENT;
  if (agreement < leastAgreement || differing > MOST_DIFFERING) return null;
  const isCopy = correlation >= COPY_CORRELATION && differing <= (facts.isDocument ? 0 : COPY_DIFFERS);
  const hasOtherColours = colours.differs > OTHER_COLOURS;
  if (!isCopy && (facts.isDocument || hasOtherColours)) return null;
  if (facts.isDocument && isOtherProduct(comparison)) return null;
  const degrees = Math.abs(rotationOf(transform));
  const smaller = Math.min(ofA, ofB);
  if (isMirrored(transform) && smaller >= ROTATED_WHOLE) return "mirrored";
  if (degrees >= ROTATED_DEGREES && smaller >= ROTATED_WHOLE) return "turned";
  if (smaller < WHOLE) return facts.continues() ? "cropped" : "framed";
  if (!isCopy) return "retouched";
  if (isToned(comparison)) return "toned";
  const larger = Math.max(facts.pixelsA, facts.pixelsB) / Math.min(facts.pixelsA, facts.pixelsB);
  return larger > RESIZED ** 2 ? "resized" : "re-encoded";
};

const isToned = ({ toneChange, colours }: Comparison): boolean => {
  const [least, most] = SATURATION;
  const isSaturated = colours.saturation < least || colours.saturation > most;
  return toneChange > TONE_LEVELS || colours.shift > SHIFT_LEVELS || colours.differs > OTHER_COLOURS || isSaturated;
};

/** A shirt of another colour is no copy of it, though its form is the same. */
const isOtherProduct = ({ toneChange, colours }: Comparison): boolean => {
  if (colours.differs > OTHER_COLOURS) return true;
  if (colours.spread >= OWN_COLOURS) return false;
  return toneChange > (colours.saturation < SATURATION[0] ? SAME_TONE_LEVELS : NEAR_TONE_LEVELS);
};
