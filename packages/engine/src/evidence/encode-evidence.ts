import { crc32 } from "node:zlib";
import type { FileEvidence, PixelEvidence } from "./evidence.ts";
import { CHECKSUM_BYTES, EVIDENCE_VERSION, FLAGS, HEAD, HEAD_BYTES, TEXTURE_FIELDS } from "./evidence-format.ts";
import type { ExifFacts } from "./exif-facts.ts";
import { featureCount } from "./features.ts";
import { CHROMA_SUBSAMPLINGS } from "./jpeg-facts.ts";
import { PrivateFact } from "./private-fact.ts";
import type { Texture } from "./texture.ts";

/**
 * Evidence as bytes, `evidence/1` of docs/hash-format.md: 264 bytes, 38 for each feature, and the texts of the file.
 * @param pixels what the picture says
 * @param file what the file says besides it
 */
export const encodeEvidence = (pixels: PixelEvidence, file: FileEvidence): Uint8Array => {
  const { jpeg, embedded } = file;
  const { features, texture } = pixels;
  const texts = textsOf(file);
  const bytes = new Uint8Array(HEAD_BYTES + features.length + (texts?.length ?? 0) + CHECKSUM_BYTES);
  const numbers = new DataView(bytes.buffer);
  bytes[HEAD.version] = EVIDENCE_VERSION;
  bytes[HEAD.flags] =
    (embedded.film ? FLAGS.film : 0) |
    (embedded.preview ? FLAGS.preview : 0) |
    (embedded.gainMap ? FLAGS.gainMap : 0) |
    (jpeg === null ? 0 : FLAGS.isJpeg) |
    (jpeg?.isStandard === true ? FLAGS.isStandard : 0);
  bytes[HEAD.jpegQuality] = jpeg === null ? 0 : jpeg.quality;
  bytes[HEAD.chroma] = jpeg === null ? 0 : CHROMA_SUBSAMPLINGS.indexOf(jpeg.chroma);
  numbers.setUint32(HEAD.sourceWidth, pixels.sourceWidth, true);
  numbers.setUint32(HEAD.sourceHeight, pixels.sourceHeight, true);
  numbers.setUint16(HEAD.width, pixels.width, true);
  numbers.setUint16(HEAD.height, pixels.height, true);
  numbers.setUint32(HEAD.pages, file.pages, true);
  for (let index = 0; index < TEXTURE_FIELDS.length; index += 1)
    bytes[HEAD.texture + index] = texture[TEXTURE_FIELDS[index] as keyof Texture];
  bytes[HEAD.dctQuality] = pixels.dctQuality;
  bytes[HEAD.grid] = pixels.resolution.grid;
  bytes[HEAD.detail] = pixels.resolution.detail;
  bytes[HEAD.featureCount] = featureCount(features);
  numbers.setUint16(HEAD.textBytes, texts?.length ?? 0, true);
  bytes.set(pixels.blockhashes, HEAD.blockhashes);
  bytes.set(pixels.dctHashes, HEAD.dctHashes);
  bytes.set(pixels.colours, HEAD.colours);
  bytes.set(features, HEAD_BYTES);
  if (texts !== null) bytes.set(texts, HEAD_BYTES + features.length);
  const end = bytes.length - CHECKSUM_BYTES;
  numbers.setUint32(end, crc32(bytes.subarray(0, end)), true);
  return bytes;
};

/** The facts in words: JSON without what is null; null where there are none. Only here the owner's own facts are revealed, to be stored. */
const textsOf = ({ exif, embedded: { profile } }: FileEvidence): Buffer | null => {
  if (exif === null && profile === null) return null;
  const texts = {
    ...(profile === null ? {} : { profile }),
    ...(exif === null ? {} : { exif: revealed(exif) }),
  };
  return Buffer.from(JSON.stringify(texts));
};

const revealed = (exif: ExifFacts): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(exif)
      .filter(([, fact]) => fact !== null)
      .map(([name, fact]) => [name, fact instanceof PrivateFact ? fact.reveal() : fact]),
  );
