import type { Capture } from "@lookalike/shared/domain/image/capture";
import type { ImageFacts } from "@lookalike/shared/domain/image/hash-block";
import type { Evidence } from "./evidence.ts";

/** What a camera wrote about a picture: by its evidence, or, where it has none, by what is known of it besides. */
export const captureOf = (facts: ImageFacts, evidence: Pick<Evidence, "exif"> | null): Capture => {
  const pixels = (facts.width ?? 0) * (facts.height ?? 0);
  if (evidence === null) return { camera: facts.camera ?? null, taken: facts.takenAt ?? null, software: null, pixels };
  const { camera = null, taken = null, software = null } = evidence.exif ?? {};
  return { camera, taken, software, pixels };
};
