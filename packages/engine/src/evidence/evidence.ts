import type { PicturePixels } from "../hash/picture-pixels.ts";
import type { EmbeddedFacts } from "./embedded-facts.ts";
import type { EvidenceMemory } from "./evidence-memory.ts";
import type { ExifFacts } from "./exif-facts.ts";
import type { JpegFacts } from "./jpeg-facts.ts";
import type { Resolution } from "./resolution.ts";
import type { SmallHashes } from "./small-hashes.ts";
import { type Texture, textureOf } from "./texture.ts";

/** What the pixels of a picture say: all that pairs are found by and judged by before anybody looks at the pictures again. */
export interface PixelEvidence {
  /** Size of the picture as it is seen, and of the working picture. */
  readonly sourceWidth: number;
  readonly sourceHeight: number;
  readonly width: number;
  readonly height: number;
  /** 64 bytes: see blockhash.ts. */
  readonly blockhashes: Uint8Array;
  /** 128 bytes: see dct-hash.ts. */
  readonly dctHashes: Uint8Array;
  /** PDQ's quality, 0..100. */
  readonly dctQuality: number;
  /** 32 bytes: see colour-layout.ts. */
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

/** What is taken from a picture's pixels: its evidence, its signature, and how much its luma differs. */
export type TakenEvidence = PixelEvidence & Pick<SmallHashes, "signature" | "deviation">;

/**
 * Takes all evidence from a working picture.
 * @param mostFeatures 0 = without features, where disk counts
 */
export const takeEvidence = (memory: EvidenceMemory, pixels: PicturePixels, mostFeatures: number): TakenEvidence => {
  const { sourceWidth, sourceHeight, width, height } = pixels;
  const { blockhashes, colours, signature, deviation } = memory.smallHashes(pixels);
  const picture = memory.load(pixels);
  const { hashes, quality } = picture.dctHashes();
  return {
    sourceWidth,
    sourceHeight,
    width,
    height,
    blockhashes,
    colours,
    signature,
    deviation,
    dctHashes: hashes,
    dctQuality: quality,
    texture: textureOf(picture.textureCounts()),
    resolution: picture.resolution(pixels),
    features: picture.features(mostFeatures),
  };
};
