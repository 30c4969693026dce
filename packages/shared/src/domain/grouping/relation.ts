import { CopyKind, KindAcceptedByRule, PairKind } from "../image/pair-kind.ts";

/** What was found about two images by looking at both. */
export interface Relation {
  /** Ordinals. */
  readonly a: number;
  readonly b: number;
  readonly kind: PairKind;
  /** That both show the same picture, 0..1, calibrated. */
  readonly probability: number;
  /** Which one the other was made from, where the pictures themselves say so: of a crop the whole, of a frame what is inside; null = they do not. */
  readonly source: "a" | "b" | null;
}

const STRENGTH = new Map(PairKind.options.map((kind, index) => [kind, index]));
const COPIES: ReadonlySet<PairKind> = new Set(CopyKind.options);
const ACCEPTED: ReadonlySet<PairKind> = new Set(KindAcceptedByRule.options);

/** The nearest kind first. */
export const compareKinds = (a: PairKind, b: PairKind): number => strengthOf(a) - strengthOf(b);

const strengthOf = (kind: PairKind): number => {
  const strength = STRENGTH.get(kind);
  if (strength === undefined) throw new RangeError(`there is no kind ${kind}`);
  return strength;
};

/** Whether two pictures of this kind belong together: a burst is of several moments, and what is alike is not the same. */
export const isCopyKind = (kind: PairKind): boolean => COPIES.has(kind);

/** Whether two pictures of this kind may be in one family: also where nobody could look at them, and only their hashes say so. */
export const mayJoin = (kind: PairKind): boolean => isCopyKind(kind) || kind === "unverified";

/** Whether bytes or pixels are equal. */
export const isEqualKind = (kind: PairKind): boolean => kind === "identical" || kind === "same-pixels";

/** Whether one is a copy of all of the other, so that what is true of one is true of the other. */
export const isWholeCopy = (kind: PairKind): boolean => ACCEPTED.has(kind);

/** The kind of what was made from a whole copy of a picture, to the picture. */
export const composedKind = (ofCopy: PairKind, toCopy: PairKind): PairKind =>
  isWholeCopy(toCopy) && compareKinds(ofCopy, toCopy) > 0 ? ofCopy : toCopy;
