import { hammingDistance } from "@lookalike/shared/domain/image/hamming";
import type { PixelKind } from "@lookalike/shared/domain/image/pair-kind";
import type { Refusal } from "@lookalike/shared/domain/image/refusal";
import { turnedBlockhash } from "../evidence/blockhash.ts";
import type { PixelEvidence } from "../evidence/evidence.ts";
import type { Feature } from "../evidence/features.ts";
import { isScreenshotLike, isTextLike } from "../evidence/texture.ts";
import { TURNS, type Turn } from "../evidence/turns.ts";
import type { PicturePixels } from "../hash/picture-pixels.ts";
import { continuesAround } from "./border.ts";
import { type Comparison, comparePictures } from "./compare-pictures.ts";
import { type KindFacts, kindOf, refusalOf, sourceOf } from "./kind.ts";
import { decodeFeatures } from "./match-features.ts";
import { pairNumbers, probabilityOf } from "./probability.ts";
import { refineTransform } from "./refine-transform.ts";
import { register } from "./register.ts";
import { type ComparedPicture, comparedPicture } from "./sample-grid.ts";
import { inverted, type Transform, turnTransform } from "./transform.ts";

/** A picture with what is needed to verify it against others. */
export interface VerifiedPicture extends ComparedPicture {
  readonly pixels: number;
  readonly features: readonly Feature[];
  readonly blockhashes: Uint8Array;
  readonly isDocument: boolean;
}

/** What looking at two pictures gave. */
export interface Verdict {
  readonly comparison: Comparison;
  /** null = they do not show the same. */
  readonly kind: PixelKind | null;
  /** The rule by which they do not; null = they do. */
  readonly refusal: Refusal | null;
  /** Whether both are drawn on a background, as pages are. */
  readonly isDocument: boolean;
  /** That both show the same picture, 0..1, calibrated. */
  readonly probability: number;
  /** The picture that the other was made from, where the pictures say so. */
  readonly source: "a" | "b" | null;
}

/** Prepares a picture for verification. @param evidence what {@link takeEvidence} returned for it */
export const verifiedPicture = (
  pixels: PicturePixels,
  { blockhashes, features, texture }: Pick<PixelEvidence, "blockhashes" | "features" | "texture">,
): VerifiedPicture => ({
  ...comparedPicture(pixels),
  pixels: pixels.sourceWidth * pixels.sourceHeight,
  features: decodeFeatures(features),
  blockhashes,
  isDocument: isTextLike(texture) || isScreenshotLike(texture) || texture.background >= DOCUMENT_BACKGROUND,
});

/** Parts of 255: photographs have under 100. */
const DOCUMENT_BACKGROUND = 110;
/** A turn of the whole picture is tried where at most so many of the 256 bits differ: strangers differ by 128. */
const TRIED_BITS = 72;

/**
 * Looks at two pictures: lays one over the other, by the turns of the whole and by their features, and compares what both show.
 * @returns the way that gives a kind, else the one that fits best; null where nothing suggests that both show the same
 */
export const verifyPair = (a: VerifiedPicture, b: VerifiedPicture): Verdict | null => {
  let best: Verdict | null = null;
  for (const transform of waysOf(a, b)) {
    const comparison = comparePictures(a, b, transform);
    if (comparison === null) continue;
    const verdict = verdictOf(comparison, factsOf(a, b, comparison));
    if (isCopy(verdict)) return verdict;
    if (best === null || rankOf(verdict) > rankOf(best)) best = verdict;
  }
  return best;
};

const verdictOf = (comparison: Comparison, facts: KindFacts): Verdict => {
  const refusal = refusalOf(comparison, facts);
  const kind = refusal === null ? kindOf(comparison, facts) : null;
  const numbers = pairNumbers(comparison, { isDocument: facts.isDocument, isBelieved: kind !== null });
  const source = kind === null ? null : sourceOf(kind, comparison, facts);
  const { isDocument } = facts;
  return { comparison, kind, refusal, isDocument, probability: probabilityOf(numbers), source };
};

/** The nearest turn first: most pairs are copies of the whole, and end there. */
function* waysOf(a: VerifiedPicture, b: VerifiedPicture): Generator<Transform> {
  const own = turnedBlockhash(b.blockhashes, TURNS.none);
  const turns = Object.values<Turn>(TURNS)
    .map((turn) => ({ turn, bits: hammingDistance(turnedBlockhash(a.blockhashes, turn), own) }))
    .filter(({ bits }) => bits <= TRIED_BITS)
    .sort((one, other) => one.bits - other.bits);
  for (const { turn } of turns) yield turnTransform(a, b, turn);
  for (const { transform } of register(a, b)) yield refineTransform(a, b, transform);
}

const factsOf = (a: VerifiedPicture, b: VerifiedPicture, { ofA, ofB, transform }: Comparison): KindFacts => ({
  pixelsA: a.pixels,
  pixelsB: b.pixels,
  isDocument: a.isDocument && b.isDocument,
  continues: () => (ofA >= ofB ? continuesAround(b, a, transform) : continuesAround(a, b, inverted(transform))),
});

/** Nothing fits better. */
const isCopy = ({ kind, comparison }: Verdict): boolean =>
  kind !== null && comparison.differing === 0 && Math.min(comparison.ofA, comparison.ofB) > 0.99;

const rankOf = ({ kind, comparison }: Verdict): number =>
  (kind === null ? 0 : 10) + comparison.correlation - comparison.differing;
