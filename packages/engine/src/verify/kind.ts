import type { PixelKind } from "@lookalike/shared/domain/image/pair-kind";
import type { Refusal } from "@lookalike/shared/domain/image/refusal";
import type { Comparison } from "./compare-pictures.ts";
import { isMirrored, rotationOf } from "./transform.ts";

/** What a kind is decided from besides the comparison. */
export interface KindFacts {
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
/** Less is a crop: a map that features gave is off by less than 1 %. */
const WHOLE = 0.985;
/** Two moments of one scene each show what the other does not: of both less than this is in the other. Crops and frames have .995 and more. */
const SEES_ALL = 0.992;
/** Fewer blocks with a texture can't tell one blurred wall from another. */
const LEAST_TEXTURED = 6;
/** A copy that was changed in a region of so many small blocks is retouched. A thumbnail has single ones. */
const CHANGED = 2;
/** Blocks that agree have .88 and more in edited pictures, and .6 to .83 in pairs of strangers. */
const LEAST_AGREEMENT = 0.86;
/** Where much differs, as under a large watermark, the rest must be a copy: portraits before one backdrop agree by .86 to .9. */
const SURE_CORRELATION = 0.75;
const SURE_AGREEMENT = 0.94;
const MOST_DIFFERING = 0.2;
const OTHER_COLOURS = 0.2;
/** Of a meme with another caption .02 and more is replaced, of a picture with a watermark under .01. */
const MOST_REPLACED = 0.015;
/** A compression changes levels by .6 in the mean and colours by .7, a thumbnail levels by 1.1, a smaller copy of thin writing by 4. */
const TONE_LEVELS = 1.5;
const DOCUMENT_TONE_LEVELS = 5;
const SHIFT_LEVELS = 1.5;
const COLOUR_RESIDUAL = 3;
/** What is drawn on a background is a copy where its own colours say so, or its tones are nearly the same. */
const OWN_COLOURS = 4;
const NEAR_TONE_LEVELS = 12;
const SAME_TONE_LEVELS = 3;
/** A compression leaves .95 to 1.02 of it. */
const SATURATION = [0.93, 1.05] as const;
const LEAST_OWN_SATURATION = 0.75;
const ROTATED_DEGREES = 0.7;
/** A rotated picture's corners are outside the other. */
const ROTATED_WHOLE = 0.6;
const RESIZED = 1.02;

/** The limits that are shown with the numbers of a comparison. */
export const LIMITS = {
  contained: CONTAINED,
  agreement: LEAST_AGREEMENT,
  sureCorrelation: SURE_CORRELATION,
  sureAgreement: SURE_AGREEMENT,
  differing: MOST_DIFFERING,
  replaced: MOST_REPLACED,
  otherColours: OTHER_COLOURS,
} as const;

/** The first rule by which two pictures do not show the same, or show too little to be sure; null = they do. */
export const refusalOf = (comparison: Comparison, facts: KindFacts): Refusal | null => {
  const { ofA, ofB, textured, correlation, agreement, differing, replaced, colours, changes } = comparison;
  if (Math.max(ofA, ofB) < CONTAINED) return "neither-inside";
  if (textured < LEAST_TEXTURED) return "too-smooth";
  const leastAgreement = correlation < SURE_CORRELATION ? SURE_AGREEMENT : LEAST_AGREEMENT;
  if (agreement < leastAgreement) return "disagree";
  if (differing > MOST_DIFFERING) return "much-differs";
  if (replaced > MOST_REPLACED) return "replaced";
  if (changes === null && Math.max(ofA, ofB) < SEES_ALL) return "both-see-more";
  if (!isCopy(comparison, facts)) {
    if (facts.isDocument) return "document-differs";
    if (colours.differs > OTHER_COLOURS) return "other-colours";
  }
  if (!facts.isDocument) return null;
  if (isOtherProduct(comparison)) return "other-product";
  return Math.min(ofA, ofB) >= WHOLE && (changes?.levels ?? 0) >= CHANGED ? "document-changed" : null;
};

const isCopy = ({ changes, differing }: Comparison, { isDocument }: KindFacts): boolean =>
  changes !== null && (!isDocument || differing === 0);

/** The kind of a pair that no rule refuses. */
export const kindOf = (comparison: Comparison, facts: KindFacts): PixelKind => {
  const { ofA, ofB, changes, transform } = comparison;
  const smaller = Math.min(ofA, ofB);
  const degrees = Math.abs(rotationOf(transform));
  if (isMirrored(transform) && smaller >= ROTATED_WHOLE) return "mirrored";
  if (degrees >= ROTATED_DEGREES && smaller >= ROTATED_WHOLE) return "turned";
  if (smaller < WHOLE) return facts.continues() ? "cropped" : "framed";
  if (changes === null || !isCopy(comparison, facts)) return "retouched";
  if (isToned(comparison, facts)) return "toned";
  if (changes.all >= CHANGED) return "retouched";
  const larger = Math.max(facts.pixelsA, facts.pixelsB) / Math.min(facts.pixelsA, facts.pixelsB);
  return larger > RESIZED ** 2 ? "resized" : "re-encoded";
};

/** A picture has lost its colours from this part of another one's on. */
const GREY = 0.5;
const MOST_SATURATION = 1.6;

/**
 * Which picture the other was made from, where they say so: the whole of a crop, what is inside a frame, the one with colours.
 * @returns null where they do not
 */
export const sourceOf = (kind: PixelKind, { ofA, ofB, colours }: Comparison, facts: KindFacts): "a" | "b" | null => {
  const [whole, part] = ofA < ofB ? (["a", "b"] as const) : (["b", "a"] as const);
  const isPart = Math.min(ofA, ofB) < WHOLE;
  if (kind === "cropped") return whole;
  if (kind === "framed") return part;
  if (kind === "turned" && isPart) return facts.continues() ? whole : part;
  if (kind !== "toned") return null;
  if (colours.saturation < GREY) return "a";
  return colours.saturation >= MOST_SATURATION && colours.spread < LEAST_COLOURS ? "b" : null;
};

/** Less than this standard deviation of Cb and Cr is no colour, in levels. */
const LEAST_COLOURS = 2;

const isToned = ({ toneChange, colours }: Comparison, { isDocument }: KindFacts): boolean => {
  const [least, most] = SATURATION;
  const isSaturated = colours.saturation < least || colours.saturation > most;
  return (
    toneChange > (isDocument ? DOCUMENT_TONE_LEVELS : TONE_LEVELS) ||
    colours.shift > SHIFT_LEVELS ||
    colours.residual > COLOUR_RESIDUAL ||
    isSaturated
  );
};

/** A shirt of another colour is no copy of it, though its form is the same. */
const isOtherProduct = ({ toneChange, colours }: Comparison): boolean => {
  if (colours.differs > OTHER_COLOURS) return true;
  if (colours.spread >= OWN_COLOURS) return false;
  return toneChange > (colours.saturation < LEAST_OWN_SATURATION ? SAME_TONE_LEVELS : NEAR_TONE_LEVELS);
};
