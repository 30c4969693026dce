import { DEFAULT_FEATURES } from "@lookalike/shared/domain/image/hash-block";
import { fastestBackend } from "../compare/backend.ts";
import { type PixelEvidence, takeEvidence } from "../evidence/evidence.ts";
import { EvidenceMemory } from "../evidence/evidence-memory.ts";
import { decodePicture, type HashLimits, type ReservePixels } from "../hash/decode-picture.ts";
import type { PicturePixels } from "../hash/picture-pixels.ts";

/** What verification needs of a picture: its working picture, and the evidence that says where to lay it. About 200 kB. */
export interface PictureView {
  readonly pixels: PicturePixels;
  readonly evidence: Pick<PixelEvidence, "blockhashes" | "features" | "texture">;
}

let evidenceMemory: EvidenceMemory | undefined;

/** Decodes the bytes of a file for verification; null where they can't be decoded. It never throws because of the file's content. */
export const viewPicture = async (
  file: Buffer,
  limits: Omit<HashLimits, "features">,
  reserve?: ReservePixels,
): Promise<PictureView | null> => {
  try {
    const { decoded } = await decodePicture(file, null, { ...limits, features: DEFAULT_FEATURES }, reserve);
    return "kind" in decoded ? null : viewOf(decoded.pixels);
  } catch {
    return null;
  }
};

/** The view of a working picture. Its features are taken again, because a catalog may store none. */
export const viewOf = (pixels: PicturePixels): PictureView => {
  evidenceMemory ??= new EvidenceMemory(fastestBackend);
  const { blockhashes, features, texture } = takeEvidence(evidenceMemory, pixels, DEFAULT_FEATURES);
  return { pixels, evidence: { blockhashes, features, texture } };
};
