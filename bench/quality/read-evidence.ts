import { fastestBackend } from "@lookalike/engine/compare/backend";
import { type PixelEvidence, takeEvidence } from "@lookalike/engine/evidence/evidence";
import { EvidenceMemory } from "@lookalike/engine/evidence/evidence-memory";
import { type ExifFacts, exifFacts } from "@lookalike/engine/evidence/exif-facts";
import { decodePicture } from "@lookalike/engine/hash/decode-picture";
import { DEFAULT_FEATURES } from "@lookalike/shared/domain/image/hash-block";
import sharp from "sharp";

const LIMITS = { maxPixels: 300_000_000, timeoutSeconds: 60, features: DEFAULT_FEATURES };
const memory = new EvidenceMemory(fastestBackend);

/** What pairs are found by. */
export interface ReadEvidence {
  readonly pixels: PixelEvidence;
  readonly exif: ExifFacts | null;
}

/** The evidence of a file, as the hasher takes it; null where it cannot be read. */
export const readEvidence = async (file: Buffer): Promise<ReadEvidence | null> => {
  const { decoded } = await decodePicture(file, null, LIMITS, undefined);
  if (!("pixels" in decoded)) return null;
  const { exif } = await sharp(file)
    .metadata()
    .catch(() => ({ exif: undefined }));
  return {
    pixels: takeEvidence(memory, decoded.pixels, DEFAULT_FEATURES),
    exif: exif === undefined ? null : await exifFacts(exif),
  };
};
