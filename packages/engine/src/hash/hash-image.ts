import { hash as digestOf } from "node:crypto";
import { isFlatHash } from "@lookalike/shared/domain/image/hamming";
import { failed, type ImageFacts, type Outcome } from "@lookalike/shared/domain/image/hash-block";
import sharp from "sharp";
import { fastestBackend } from "../compare/backend.ts";
import { uprightBlockhash } from "../evidence/blockhash.ts";
import { encodeEvidence } from "../evidence/encode-evidence.ts";
import { takeEvidence } from "../evidence/evidence.ts";
import { EvidenceMemory } from "../evidence/evidence-memory.ts";
import type { ExifFacts } from "../evidence/exif-facts.ts";
import { fileEvidence } from "../evidence/file-evidence.ts";
import {
  decodePicture,
  type HashLimits,
  messageOf,
  NO_MEMORY,
  NO_PICTURE,
  type PictureMetadata,
  type ReservePixels,
  TOO_MANY_PIXELS,
} from "./decode-picture.ts";
import { moreFacts } from "./more-pages.ts";
import { pictureDigest } from "./picture-digest.ts";
import { giveBackLuma } from "./pixels/luma-bytes.ts";
import { sharpPixels } from "./pixels/sharp-pixels.ts";
import { isJpeg } from "./structure/jpeg-segments.ts";
import { readStructure } from "./structure/read-structure.ts";
import type { Structure } from "./structure/structure.ts";

/** A picture whose luma (0..255) has a lower standard deviation has no structure that a hash could show. */
const FLAT_LUMA_DEVIATION = 2;

/** Created with the first picture, because a process that only thumbnails needs none. */
let evidenceMemory: EvidenceMemory | undefined;

/**
 * Hashes the bytes of one image file: its hash, signature, evidence and facts from one decode. It never
 * throws because of the file's content.
 */
export const hashImage = async (file: Buffer, limits: HashLimits, reserve?: ReservePixels): Promise<Outcome> => {
  if (file.length === 0) return failed("empty", "the file has no bytes");
  const started = performance.now();
  let structure: Structure | null = null;
  let luma: Uint8Array | null = null;
  try {
    structure = readStructure(file);
    const { decoded, damaged } = await decodePicture(file, structure, limits, reserve);
    if ("kind" in decoded) return decoded;
    const { pixels, metadata, format } = decoded;
    luma = pixels.luma;
    evidenceMemory ??= new EvidenceMemory(fastestBackend);
    const memory = evidenceMemory;
    const seen = takeEvidence(memory, pixels, limits.features);
    const said = await fileEvidence(file, structure, metadataOf(file, metadata));
    const hash = uprightBlockhash(seen.blockhashes);
    const flat = seen.deviation < FLAT_LUMA_DEVIATION || isFlatHash(hash);
    return {
      kind: flat ? "flat" : "hashed",
      hash,
      signature: seen.signature,
      contentDigest: digestOf("sha256", file, "buffer"),
      pictureDigest: pictureDigest(file, metadata, decoded.whole),
      evidence: encodeEvidence(seen, said),
      facts: {
        width: pixels.sourceWidth,
        height: pixels.sourceHeight,
        bytes: file.length,
        format,
        ...(said.exif === null ? {} : takenBy(said.exif)),
        ...(said.pages > 1 || said.embedded.film
          ? await moreFacts(file, structure, metadata, async (page) => {
              const image = sharp(file, { limitInputPixels: limits.maxPixels, page });
              const shown = await sharpPixels(image, limits.timeoutSeconds);
              return uprightBlockhash(memory.smallHashes(shown).blockhashes);
            })
          : {}),
        ...(damaged === null ? {} : { damaged }),
      },
    };
  } catch (error) {
    const isTimeout = performance.now() - started >= limits.timeoutSeconds * 1_000;
    return isTimeout ? failed("timeout", `not done after ${limits.timeoutSeconds} s`) : failureOf(error, structure);
  } finally {
    if (luma !== null) giveBackLuma(luma);
  }
};

/**
 * Why a file could not be decoded, in words of our own: libvips has one buffer of error texts for all threads, so a text may be about
 * another file (docs/decisions/0006-failure-reasons.md).
 */
const failureOf = (error: unknown, structure: Structure | null): Outcome => {
  const message = messageOf(error);
  if (NO_MEMORY.test(message)) return failed("out-of-memory", "it needs more memory than it may use");
  if (TOO_MANY_PIXELS.test(message)) return failed("too-many-pixels", "its width x height is over the pixel limit");
  if (NO_PICTURE.test(message) && structure?.fault?.isCut !== true)
    return failed("not-an-image", "the file is of no known format");
  if (structure === null || structure.fault === null) return failed("corrupt", "the picture cannot be decoded");
  return failed(structure.fault.isCut ? "truncated" : "corrupt", structure.fault.text);
};

/** The profile and the packet of a JPEG are read from the file, whatever decoded it. */
const metadataOf = (file: Buffer, { exif, icc, xmp, pages }: PictureMetadata) => ({
  exif: exif ?? null,
  icc: isJpeg(file) ? null : (icc ?? null),
  xmp: isJpeg(file) ? null : (xmp ?? null),
  pages: pages ?? 1,
});

/** The time stays the camera's text without fraction and zone: the field's contract. */
const takenBy = ({ taken, camera }: ExifFacts): ImageFacts => ({
  ...(taken === null ? {} : { takenAt: taken.slice(0, "2024-05-01T12:00:00".length) }),
  ...(camera === null ? {} : { camera }),
});
