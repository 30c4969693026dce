import { FailureReason, ImageFacts, ImageState } from "@lookalike/shared/domain/image/hash-block";
import { UnlistedFile } from "@lookalike/shared/domain/job/file-counts";
import { toHex } from "@lookalike/shared/domain/primitives/encoding";
import type { CatalogImage } from "@lookalike/shared/store/catalog/images";
import { z } from "zod";

export const ImagePath = z.string().meta({
  description: "Relative to the source; an invalid UTF-8 byte 0xNN is the lone surrogate U+DCNN (PEP 383)",
});

export const Image = ImageFacts.extend({
  ordinal: z.int().meta({ description: "The image's number in its catalog, never used again" }),
  path: ImagePath,
  modifiedAt: z.iso.datetime().nullable(),
  state: ImageState,
  contentDigest: z.string().nullable().meta({ description: "SHA-256 of the file in hexadecimal" }),
  failure: z.object({ reason: FailureReason, detail: z.string() }).nullable(),
}).meta({ id: "Image" });

export const DamagedImage = z
  .object({
    ordinal: z.int(),
    path: z.string(),
    detail: z.string().meta({ description: "What is wrong with its file" }),
  })
  .meta({ id: "DamagedImage" });

export const FailedImage = z
  .object({ ordinal: z.int(), path: z.string(), reason: FailureReason, detail: z.string() })
  .meta({ id: "FailedImage" });

/**
 * What the reference catalog has of an image. have: its bytes, or another version that is no smaller, in a file that was there
 * just now. lesser: only a smaller or a damaged version. unconfirmed: it had it, but the file is not there as it was. new:
 * nothing like it. not-compared: the image has no hash.
 */
export const ReferenceAnswer = z.enum(["have", "lesser", "unconfirmed", "new", "not-compared"]);
export type ReferenceAnswer = z.infer<typeof ReferenceAnswer>;

export const ReferencedImage = z
  .object({
    image: Image,
    answer: ReferenceAnswer.meta({
      description:
        "have: the reference has it, and its file was there just now, with the size and time that were compared. lesser: only a smaller or damaged version. unconfirmed: its file is missing, changed or unreadable. new: nothing like it. not-compared: this image could not be hashed",
    }),
    detail: z.string().nullable().meta({ description: "Why it is neither had nor new, in words" }),
    match: z
      .object({
        ordinal: z.int(),
        referenceOrdinal: z.int().meta({ description: "Ordinal of the nearest image in the reference catalog" }),
        distance: z.int().meta({ description: "Hamming distance in bits" }),
        equalBytes: z.boolean(),
        path: z.string().nullable().meta({ description: "In the reference; null = gone since" }),
      })
      .nullable(),
  })
  .meta({ id: "ReferencedImage" });

export const UnlistedFileResource = UnlistedFile.extend({ number: z.int() }).meta({ id: "UnlistedFile" });

export const QueryResult = z
  .object({
    hash: z.string().meta({ description: "What was searched for, in hexadecimal" }),
    items: z.array(z.object({ distance: z.int().meta({ description: "Hamming distance in bits" }), image: Image })),
  })
  .meta({ id: "QueryResult" });

export const MissingImage = z
  .object({
    ordinal: z.int(),
    path: z.string(),
    bytes: z.number().nullable(),
    missingSince: z.iso.datetime().meta({ description: "When the first job was accepted that did not find it" }),
  })
  .meta({ id: "MissingImage" });

/** An image as clients see it. */
export const imageResource = ({
  facts,
  contentDigest,
  fingerprint: _,
  ...image
}: CatalogImage): z.infer<typeof Image> => ({
  ...facts,
  ...image,
  contentDigest: contentDigest === null ? null : toHex(contentDigest),
});
