import { crc32 } from "node:zlib";
import type { Evidence } from "./evidence.ts";
import { CHECKSUM_BYTES, EVIDENCE_VERSION, FLAGS, HEAD, HEAD_BYTES, TEXTURE_FIELDS } from "./evidence-format.ts";
import type { ExifFacts } from "./exif-facts.ts";
import { featureCount } from "./features.ts";
import { CHROMA_SUBSAMPLINGS } from "./jpeg-facts.ts";
import { PrivateFact } from "./private-fact.ts";

/** Evidence as bytes, `evidence/1` of docs/hash-format.md: 264 bytes, 38 for each feature, and the texts of the file. */
export const encodeEvidence = (evidence: Evidence): Uint8Array => {
  const { jpeg, embedded, features } = evidence;
  const texts = Buffer.from(textsOf(evidence));
  const bytes = Buffer.alloc(HEAD_BYTES + features.length + texts.length + CHECKSUM_BYTES);
  bytes[HEAD.version] = EVIDENCE_VERSION;
  bytes[HEAD.flags] =
    (embedded.film ? FLAGS.film : 0) |
    (embedded.preview ? FLAGS.preview : 0) |
    (embedded.gainMap ? FLAGS.gainMap : 0) |
    (jpeg === null ? 0 : FLAGS.isJpeg) |
    (jpeg?.isStandard === true ? FLAGS.isStandard : 0);
  bytes[HEAD.jpegQuality] = jpeg === null ? 0 : jpeg.quality;
  bytes[HEAD.chroma] = jpeg === null ? 0 : CHROMA_SUBSAMPLINGS.indexOf(jpeg.chroma);
  bytes.writeUInt32LE(evidence.sourceWidth, HEAD.sourceWidth);
  bytes.writeUInt32LE(evidence.sourceHeight, HEAD.sourceHeight);
  bytes.writeUInt16LE(evidence.width, HEAD.width);
  bytes.writeUInt16LE(evidence.height, HEAD.height);
  bytes.writeUInt32LE(evidence.pages, HEAD.pages);
  bytes.set(
    TEXTURE_FIELDS.map((field) => evidence.texture[field]),
    HEAD.texture,
  );
  bytes[HEAD.dctQuality] = evidence.dctQuality;
  bytes[HEAD.grid] = evidence.resolution.grid;
  bytes[HEAD.detail] = evidence.resolution.detail;
  bytes[HEAD.featureCount] = featureCount(features);
  bytes.writeUInt16LE(texts.length, HEAD.textBytes);
  bytes.set(evidence.blockhashes, HEAD.blockhashes);
  bytes.set(evidence.dctHashes, HEAD.dctHashes);
  bytes.set(evidence.colours, HEAD.colours);
  bytes.set(features, HEAD_BYTES);
  bytes.set(texts, HEAD_BYTES + features.length);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, -CHECKSUM_BYTES)), bytes.length - CHECKSUM_BYTES);
  return new Uint8Array(bytes);
};

/** The facts in words: JSON without what is null. Only here the owner's own facts are revealed, to be stored. */
const textsOf = ({ exif, embedded: { profile } }: Evidence): string => {
  if (exif === null && profile === null) return "";
  return JSON.stringify({
    ...(profile === null ? {} : { profile }),
    ...(exif === null ? {} : { exif: revealed(exif) }),
  });
};

const revealed = (exif: ExifFacts): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(exif)
      .filter(([, fact]) => fact !== null)
      .map(([name, fact]) => [name, fact instanceof PrivateFact ? fact.reveal() : fact]),
  );
