import { z } from "zod";

/** The rule by which two pictures, one laid over the other, do not show the same: the first that applies. */
export const Refusal = z.enum([
  "neither-inside",
  "too-smooth",
  "disagree",
  "much-differs",
  "replaced",
  "both-see-more",
  "document-differs",
  "other-colours",
  "other-product",
  "document-changed",
]);
export type Refusal = z.infer<typeof Refusal>;

/** How owners read why two pictures are not the same, and what would have to be otherwise. */
export const REFUSAL_WORDS: Readonly<Record<Refusal, string>> = {
  "neither-inside": "neither shows enough of the other: one would have to show 92 % of it",
  "too-smooth": "too few places have a texture to compare: at least 6 would have to",
  disagree: "the places that fit do not agree as copies do: they would have to agree by .86, where little fits by .94",
  "much-differs": "more than a fifth of the places differ",
  replaced:
    "something was replaced by something else, as one caption by another: that may be 1.5 % of the places at most",
  "both-see-more": "each shows what the other does not, as two moments do: one would have to show 99.2 % of the other",
  "document-differs":
    "both are documents, as pages, screens and drawings are, and something in them differs: nothing may",
  "other-colours": "more than a fifth of the places have other colours",
  "other-product": "both are drawn on a background, and what is on it has other colours or tones",
  "document-changed": "both are documents, and small places changed: that may be one at most",
};
