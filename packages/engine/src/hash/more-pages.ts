import { createHash } from "node:crypto";
import type { ImageFacts } from "@lookalike/shared/domain/image/hash-block";
import type { PictureMetadata } from "./decode-picture.ts";
import type { Structure } from "./structure/structure.ts";

/** Pages after the first one that are decoded; a file with more is not compared by them. */
const MAX_MORE_PAGES = 32;
/** Formats whose pages sharp decodes one by one. */
const DECODED = ["gif", "tiff", "webp"];
const DIGEST_DIGITS = 32;

/**
 * What a file with pages or a film holds besides its first picture: pages, frames or a film, and a digest of that, by which two files hold the same.
 * The digest is of the pages' hashes, or of the bytes after the first picture; it is left out where there are too many pages, or pages that
 * cannot be decoded.
 * @param hashPage the perceptual hash of a page, 0 … n-1
 */
export const moreFacts = async (
  file: Buffer,
  structure: Structure | null,
  metadata: PictureMetadata,
  hashPage: (page: number) => Promise<Uint8Array>,
): Promise<Pick<ImageFacts, "pages" | "film" | "moreDigest">> => {
  const decoded = metadata.pages ?? 1;
  const pages = structure?.pages ?? decoded;
  const hasFilm = structure?.hasFilm ?? false;
  const facts = { ...(pages > 1 ? { pages } : {}), ...(hasFilm ? { film: true } : {}) };
  const digest = createHash("sha256");
  if (structure !== null && structure.restFrom !== null) digest.update(file.subarray(structure.restFrom));
  else if (hasFilm || !DECODED.includes(metadata.format) || decoded - 1 > MAX_MORE_PAGES) return facts;
  else {
    try {
      for (let page = 1; page < decoded; page += 1) digest.update(await hashPage(page));
    } catch {
      return facts;
    }
  }
  return { ...facts, moreDigest: digest.digest("hex").slice(0, DIGEST_DIGITS) };
};
