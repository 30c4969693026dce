import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fastestBackend } from "@lookalike/engine/compare/backend";
import { takeEvidence } from "@lookalike/engine/evidence/evidence";
import { EvidenceMemory } from "@lookalike/engine/evidence/evidence-memory";
import { exifFacts } from "@lookalike/engine/evidence/exif-facts";
import { decodePicture } from "@lookalike/engine/hash/decode-picture";
import { type VerifiedPicture, verifiedPicture } from "@lookalike/engine/verify/verify-pair";
import type { Member } from "@lookalike/shared/domain/grouping/keeper";
import type { Capture } from "@lookalike/shared/domain/image/capture";
import { DEFAULT_FEATURES } from "@lookalike/shared/domain/image/hash-block";

const LIMITS = { maxPixels: 300_000_000, timeoutSeconds: 60, features: DEFAULT_FEATURES };
/** Pictures that are kept for the next pairs: an original is compared with each of its edits. */
const CACHED = 64;

/** A picture as the hasher sees it, and what grouping needs of it. */
export interface SeenPicture {
  readonly picture: VerifiedPicture;
  readonly capture: Capture;
  readonly member: Omit<Member, "ordinal">;
}

/** Reads pictures of the corpus as the hasher does; null for one that it does not read. */
export const pictureReader = (folder: string): ((file: string) => Promise<SeenPicture | null>) => {
  const memory = new EvidenceMemory(fastestBackend);
  const cached = new Map<string, SeenPicture | null>();
  return async (file) => {
    const known = cached.get(file);
    if (known !== undefined) return known;
    const seen = await see(memory, await readFile(join(folder, file)), file);
    cached.set(file, seen);
    for (const oldest of cached.keys()) if (cached.size > CACHED) cached.delete(oldest);
    return seen;
  };
};

const see = async (memory: EvidenceMemory, bytes: Buffer, file: string): Promise<SeenPicture | null> => {
  const { decoded } = await decodePicture(bytes, null, LIMITS, undefined);
  if (!("pixels" in decoded)) return null;
  const { pixels, metadata, format } = decoded;
  const evidence = takeEvidence(memory, pixels, DEFAULT_FEATURES);
  const exif = metadata.exif === undefined ? null : await exifFacts(metadata.exif);
  const { sourceWidth, sourceHeight } = pixels;
  const camera = exif?.camera ?? null;
  const taken = exif?.taken ?? null;
  return {
    picture: verifiedPicture(pixels, evidence),
    capture: { camera, taken, software: exif?.software ?? null, pixels: sourceWidth * sourceHeight },
    member: {
      path: file,
      fingerprint: "",
      contentDigest: createHash("sha256").update(bytes).digest("hex"),
      modifiedAt: null,
      fileId: null,
      facts: {
        width: sourceWidth,
        height: sourceHeight,
        bytes: bytes.length,
        format,
        ...(camera === null ? {} : { camera }),
        ...(taken === null ? {} : { takenAt: taken }),
      },
      jpegGrid: evidence.resolution.grid,
    },
  };
};
