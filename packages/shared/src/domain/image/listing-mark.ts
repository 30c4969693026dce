import { z } from "zod";

/** What the last walk over a file of hashes has read, and what the catalog was then. Only that source reads it: sources/hashes.ts. */
export const ListingMark = z.object({
  /** Bytes from the file's start to the end of a line. */
  bytes: z.int().min(0),
  /** SHA-256 of these bytes, base64url. */
  sha256: z.string(),
  lines: z.int().min(0),
  /** Hexadecimal digits of every hash; null = none has been read yet. */
  hashDigits: z.int().nullable(),
  /** One past the catalog's highest ordinal. */
  end: z.int().min(0),
  /** Live images of the catalog. */
  images: z.int().min(0),
});
export type ListingMark = z.infer<typeof ListingMark>;
