import { z } from "zod";

/**
 * What two pictures are to each other, the nearest first. All but the last three say that one was made from the other, or both from a third.
 *
 * - `identical`: the same bytes. `same-pixels`: metadata or container differ.
 * - `re-encoded`, `resized`: the whole picture, encoded again, or with more or fewer pixels.
 * - `toned`: other brightness or colours. `turned`, `mirrored`: the whole, laid in another way.
 * - `cropped`: one is a part of the other. `framed`: one is inside the other, with a caption, a border or a screen around it.
 * - `retouched`: regions differ, as under a sticker or a blurred face.
 * - `burst`: one camera and scene, moments later. `similar`: alike, and not the same.
 * - `unverified`: found by hashes, and nobody has looked, as where a source provided the hashes.
 */
export const PairKind = z.enum([
  "identical",
  "same-pixels",
  "re-encoded",
  "resized",
  "toned",
  "turned",
  "mirrored",
  "cropped",
  "framed",
  "retouched",
  "burst",
  "similar",
  "unverified",
]);
export type PairKind = z.infer<typeof PairKind>;

/** The kinds of two files that show one picture: what pixels were compared for. */
export const CopyKind = PairKind.exclude(["burst", "similar", "unverified"]);
export type CopyKind = z.infer<typeof CopyKind>;

/** What looking at pixels may find; equal bytes and equal pixels are known before. */
export const PixelKind = CopyKind.exclude(["identical", "same-pixels"]);
export type PixelKind = z.infer<typeof PixelKind>;

/** The kinds whose copies a rule may remove; all others wait for a person. */
export const KindAcceptedByRule = PairKind.extract(["identical", "same-pixels", "re-encoded", "resized"]);

/** How owners read what a picture is to the one it is shown with. */
export const KIND_WORDS: Readonly<Record<PairKind, string>> = {
  identical: "the same file",
  "same-pixels": "the same pixels; only the metadata or the container differ",
  "re-encoded": "the same picture, encoded again",
  resized: "the same picture with another number of pixels",
  toned: "the same picture with other brightness or colours",
  turned: "the same picture, turned",
  mirrored: "the same picture, mirrored",
  cropped: "a part of the same picture",
  framed: "the same picture with something around it",
  retouched: "the same picture, changed in places",
  burst: "the same scene, moments earlier or later",
  similar: "a similar picture",
  unverified: "alike by their hashes only: nobody has looked at the pictures",
};
