import { APP1, applicationData } from "../hash/structure/jpeg-segments.ts";
import type { Structure } from "../hash/structure/structure.ts";
import { embeddedFacts } from "./embedded-facts.ts";
import type { FileEvidence } from "./evidence.ts";
import { type ExifFacts, exifFacts } from "./exif-facts.ts";
import { jpegFacts } from "./jpeg-facts.ts";

/** What a decoder says of a file; null = there is none. */
export interface FileMetadata {
  /** The EXIF block, with or without JPEG's header. */
  readonly exif: Buffer | null;
  /** The ICC profile and the XMP packet; those of a JPEG are read from the file. */
  readonly icc: Buffer | null;
  readonly xmp: Buffer | null;
  /** Pages or frames that the decoder counts; 1 where it counts none. */
  readonly pages: number;
}

/** The mark of an XMP packet in a JPEG. */
const PACKET_MARK = "http://ns.adobe.com/xap/1.0/\0";

/**
 * What a file says besides its pixels.
 * @param structure what readStructure returned; null = of a format that it does not read
 */
export const fileEvidence = async (
  file: Buffer,
  structure: Structure | null,
  { exif, icc, xmp, pages }: FileMetadata,
): Promise<FileEvidence> => ({
  pages: structure?.pages ?? pages,
  jpeg: jpegFacts(file),
  embedded: embeddedFacts(file, structure, exif, icc),
  exif: await exifWithRating(exif, ratingOf(xmp ?? applicationData(file, APP1, PACKET_MARK))),
});

/** Programs that write a rating into XMP alone are more than those that write it into EXIF. */
const exifWithRating = async (exif: Buffer | null, rating: number | null): Promise<ExifFacts | null> => {
  if (exif === null && rating === null) return null;
  const facts = await exifFacts(exif ?? Buffer.alloc(0));
  return { ...facts, rating: facts.rating ?? rating };
};

/** As an attribute or an element (XMP specification, part 1, section 7.9.2.2). */
const RATING = /xmp:Rating\s*(?:=\s*["']|>)\s*(-1|[0-5])(?:\.0+)?\s*["'<]/;

const ratingOf = (packet: Buffer | null): number | null => {
  const stars = packet === null ? undefined : RATING.exec(packet.toString("latin1"))?.[1];
  return stars === undefined ? null : Number(stars);
};
