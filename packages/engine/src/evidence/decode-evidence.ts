import { crc32 } from "node:zlib";
import { MAX_FEATURES } from "@lookalike/shared/domain/image/hash-block";
import { byteAt } from "@lookalike/shared/domain/primitives/columns";
import { z } from "zod";
import { WORKING_SIDE } from "../hash/picture-pixels.ts";
import type { EmbeddedFacts } from "./embedded-facts.ts";
import type { Evidence } from "./evidence.ts";
import {
  ALL_FLAGS,
  CHECKSUM_BYTES,
  EVIDENCE_FORMAT,
  EVIDENCE_VERSION,
  FLAGS,
  HEAD,
  HEAD_BYTES,
  TEXTURE_FIELDS,
} from "./evidence-format.ts";
import type { ExifFacts } from "./exif-facts.ts";
import { ANGLES, FEATURE_LEVELS } from "./feature-pattern.ts";
import { FEATURE_BYTES } from "./features.ts";
import { CHROMA_SUBSAMPLINGS, type JpegFacts } from "./jpeg-facts.ts";
import { PrivateFact } from "./private-fact.ts";
import type { Texture } from "./texture.ts";

/** Bytes that are not evidence, with what is wrong with them; never with what they contain. */
export class EvidenceError extends Error {
  override readonly name = "EvidenceError";
}

/**
 * Evidence of its bytes: the inverse of {@link encodeEvidence}.
 * @throws EvidenceError where the bytes are of another version, too short or too long, changed, or say what cannot be
 */
export const decodeEvidence = (evidence: Uint8Array): Evidence => {
  const bytes = Buffer.from(evidence.buffer, evidence.byteOffset, evidence.byteLength);
  const { featureBytes } = checked(bytes);
  const texts = textsOf(bytes.subarray(HEAD_BYTES + featureBytes, -CHECKSUM_BYTES));
  const copy = (from: number, to: number): Uint8Array => new Uint8Array(bytes.subarray(from, to));
  return {
    sourceWidth: bytes.readUInt32LE(HEAD.sourceWidth),
    sourceHeight: bytes.readUInt32LE(HEAD.sourceHeight),
    width: bytes.readUInt16LE(HEAD.width),
    height: bytes.readUInt16LE(HEAD.height),
    blockhashes: copy(HEAD.blockhashes, HEAD.dctHashes),
    dctHashes: copy(HEAD.dctHashes, HEAD.colours),
    dctQuality: byteAt(bytes, HEAD.dctQuality),
    colours: copy(HEAD.colours, HEAD_BYTES),
    texture: Object.fromEntries(
      TEXTURE_FIELDS.map((field, index) => [field, byteAt(bytes, HEAD.texture + index)]),
    ) as unknown as Texture,
    resolution: { detail: byteAt(bytes, HEAD.detail), grid: byteAt(bytes, HEAD.grid) },
    features: copy(HEAD_BYTES, HEAD_BYTES + featureBytes),
    pages: bytes.readUInt32LE(HEAD.pages),
    jpeg: jpegOf(bytes),
    embedded: embeddedOf(bytes, texts.profile ?? null),
    exif: texts.exif === undefined ? null : exifOf(texts.exif),
  };
};

/** Checks all that can be wrong, lengths before what is read by them. */
const checked = (bytes: Buffer): { featureBytes: number } => {
  const refuse = (reason: string): never => {
    throw new EvidenceError(`not ${EVIDENCE_FORMAT}: ${reason}`);
  };
  if (bytes.length < HEAD_BYTES + CHECKSUM_BYTES)
    return refuse(`${bytes.length} bytes, and its head alone has ${HEAD_BYTES + CHECKSUM_BYTES}`);
  const version = byteAt(bytes, HEAD.version);
  if (version !== EVIDENCE_VERSION) return refuse(`version ${version}`);
  const count = byteAt(bytes, HEAD.featureCount);
  if (count > MAX_FEATURES) return refuse(`${count} features, at most ${MAX_FEATURES}`);
  const featureBytes = count * FEATURE_BYTES;
  const expected = HEAD_BYTES + featureBytes + bytes.readUInt16LE(HEAD.textBytes) + CHECKSUM_BYTES;
  if (bytes.length !== expected) return refuse(`${bytes.length} bytes, and its head says ${expected}`);
  if (crc32(bytes.subarray(0, -CHECKSUM_BYTES)) !== bytes.readUInt32LE(expected - CHECKSUM_BYTES))
    return refuse("its checksum does not fit");
  const [width, height] = [bytes.readUInt16LE(HEAD.width), bytes.readUInt16LE(HEAD.height)];
  if (Math.min(width, height, bytes.readUInt32LE(HEAD.sourceWidth), bytes.readUInt32LE(HEAD.sourceHeight)) === 0)
    return refuse("a side of 0 pixels");
  if (Math.max(width, height) > WORKING_SIDE) return refuse(`a working picture of ${width} x ${height}`);
  if (bytes.readUInt32LE(HEAD.pages) === 0) return refuse("no page");
  const flags = byteAt(bytes, HEAD.flags);
  const quality = byteAt(bytes, HEAD.jpegQuality);
  const isJpeg = (flags & FLAGS.isJpeg) !== 0;
  if ((flags & ~ALL_FLAGS) !== 0) return refuse(`unknown flags ${flags}`);
  if (isJpeg ? quality < 1 || quality > 100 : quality !== 0 || (flags & FLAGS.isStandard) !== 0)
    return refuse(`a JPEG's quality of ${quality}`);
  if (byteAt(bytes, HEAD.chroma) >= CHROMA_SUBSAMPLINGS.length) return refuse("an unknown subsampling of chroma");
  if (byteAt(bytes, HEAD.dctQuality) > 100) return refuse("a quality of the DCT hash above 100");
  for (let from = HEAD_BYTES; from < HEAD_BYTES + featureBytes; from += FEATURE_BYTES) {
    const [x, y] = [bytes.readUInt16LE(from), bytes.readUInt16LE(from + 2)];
    if (x >= width * POSITION_UNITS || y >= height * POSITION_UNITS) return refuse("a feature outside the picture");
    if (byteAt(bytes, from + 4) >= FEATURE_LEVELS || byteAt(bytes, from + 5) >= ANGLES)
      return refuse("a feature of an unknown size or direction");
  }
  return { featureBytes };
};

const POSITION_UNITS = 64;

const Text = z.string().max(128);
const Texts = z.strictObject({
  profile: Text.optional(),
  exif: z
    .strictObject({
      taken: Text,
      digitized: Text,
      modified: Text,
      gpsTime: Text,
      place: z.strictObject({ latitude: z.number(), longitude: z.number(), altitude: z.number().nullable() }),
      orientation: z.int().min(1).max(8),
      camera: Text,
      lens: Text,
      cameraSerial: Text,
      lensSerial: Text,
      uniqueId: Text,
      software: Text,
      rating: z.int().min(-1).max(5),
    })
    .partial()
    .optional(),
});
type Texts = z.infer<typeof Texts>;

const textsOf = (bytes: Buffer): Texts => {
  if (bytes.length === 0) return {};
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString());
  } catch {
    json = undefined;
  }
  const { data } = Texts.safeParse(json);
  // The parser's own words would contain the text.
  if (data === undefined) throw new EvidenceError(`not ${EVIDENCE_FORMAT}: its texts cannot be read`);
  return data;
};

const exifOf = (exif: NonNullable<Texts["exif"]>): ExifFacts => ({
  taken: exif.taken ?? null,
  digitized: exif.digitized ?? null,
  modified: exif.modified ?? null,
  gpsTime: exif.gpsTime ?? null,
  place: exif.place === undefined ? null : new PrivateFact(exif.place),
  orientation: exif.orientation ?? null,
  camera: exif.camera ?? null,
  lens: exif.lens ?? null,
  cameraSerial: exif.cameraSerial === undefined ? null : new PrivateFact(exif.cameraSerial),
  lensSerial: exif.lensSerial === undefined ? null : new PrivateFact(exif.lensSerial),
  uniqueId: exif.uniqueId ?? null,
  software: exif.software ?? null,
  rating: exif.rating ?? null,
});

const jpegOf = (bytes: Buffer): JpegFacts | null => {
  const flags = byteAt(bytes, HEAD.flags);
  const chroma = CHROMA_SUBSAMPLINGS[byteAt(bytes, HEAD.chroma)];
  if ((flags & FLAGS.isJpeg) === 0 || chroma === undefined) return null;
  return { quality: byteAt(bytes, HEAD.jpegQuality), isStandard: (flags & FLAGS.isStandard) !== 0, chroma };
};

const embeddedOf = (bytes: Buffer, profile: string | null): EmbeddedFacts => {
  const flags = byteAt(bytes, HEAD.flags);
  return {
    film: (flags & FLAGS.film) !== 0,
    preview: (flags & FLAGS.preview) !== 0,
    gainMap: (flags & FLAGS.gainMap) !== 0,
    profile,
  };
};
