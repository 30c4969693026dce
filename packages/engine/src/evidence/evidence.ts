import type { PicturePixels } from "../hash/picture-pixels.ts";
import { blockhashes } from "./blockhash.ts";
import { colourLayout } from "./colour-layout.ts";
import { dctHashes } from "./dct-hash.ts";
import type { EmbeddedFacts } from "./embedded-facts.ts";
import type { EvidenceMemory } from "./evidence-memory.ts";
import type { ExifFacts } from "./exif-facts.ts";
import type { JpegFacts } from "./jpeg-facts.ts";
import { type Resolution, resolutionOf } from "./resolution.ts";
import { type Texture, textureOf } from "./texture.ts";

/** What the pixels of a picture say: all that pairs are found by and judged by before anybody looks at the pictures again. */
export interface PixelEvidence {
  /** Size of the picture as it is seen, and of the working picture. */
  readonly sourceWidth: number;
  readonly sourceHeight: number;
  readonly width: number;
  readonly height: number;
  /** 64 bytes: see {@link blockhashes}. */
  readonly blockhashes: Uint8Array;
  /** 128 bytes: see {@link dctHashes}. */
  readonly dctHashes: Uint8Array;
  /** PDQ's quality, 0..100. */
  readonly dctQuality: number;
  /** 32 bytes: see {@link colourLayout}. */
  readonly colours: Uint8Array;
  readonly texture: Texture;
  readonly resolution: Resolution;
  /** 38 bytes for each feature: see features.ts. */
  readonly features: Uint8Array;
}

/** What the file says besides its pixels. */
export interface FileEvidence {
  /** Pictures, pages or frames in the file. */
  readonly pages: number;
  /** null = the file is no JPEG. */
  readonly jpeg: JpegFacts | null;
  readonly embedded: EmbeddedFacts;
  /** null = the file has no EXIF block. */
  readonly exif: ExifFacts | null;
}

export type Evidence = PixelEvidence & FileEvidence;

/**
 * Takes all evidence from a working picture.
 * @param small what smallLuma returned for the picture
 * @param mostFeatures 0 = without features, where disk counts
 */
export const takeEvidence = (
  memory: EvidenceMemory,
  pixels: PicturePixels,
  small: Uint8Array,
  mostFeatures: number,
): PixelEvidence => {
  const { sourceWidth, sourceHeight, width, height } = pixels;
  const { coefficients, quality } = memory.dctCoefficients(pixels);
  return {
    sourceWidth,
    sourceHeight,
    width,
    height,
    blockhashes: blockhashes(small),
    dctHashes: dctHashes(coefficients),
    dctQuality: quality,
    colours: colourLayout(pixels),
    texture: textureOf(memory.textureCounts(pixels)),
    resolution: resolutionOf(pixels, memory.steps(pixels)),
    features: memory.features(pixels, mostFeatures),
  };
};
