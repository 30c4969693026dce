import { z } from "zod";

/** How far a walk over a file of hashes has come: what its first bytes were, and what stood in them. */
export const SourceMark = z.object({
  bytes: z.int().min(0),
  /** SHA-256 of so many bytes, base64url. */
  sha256: z.string(),
  lines: z.int().min(0),
  /** Hexadecimal digits of every hash; null = there was none yet. */
  hashDigits: z.int().nullable(),
});
export type SourceMark = z.infer<typeof SourceMark>;

/** The same with what the catalog was then. While it is, a walk may go on behind the mark. */
export const ListingMark = SourceMark.extend({
  /** One past the highest ordinal. */
  end: z.int().min(0),
  /** Live images. */
  images: z.int().min(0),
});
export type ListingMark = z.infer<typeof ListingMark>;

/** The mark, where nothing was listed or has vanished since: ordinals only grow, live images without new ordinals only fall. */
export const currentMark = (mark: ListingMark | null, now: Pick<ListingMark, "end" | "images">): ListingMark | null =>
  mark !== null && mark.end === now.end && mark.images === now.images ? mark : null;
