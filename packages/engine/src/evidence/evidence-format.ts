import { byteAt } from "@lookalike/shared/domain/primitives/columns";
import { GRID_BYTES } from "./bit-grid.ts";
import { COLOUR_LAYOUT_BYTES } from "./colour-layout.ts";
import { DCT_HASHES_BYTES } from "./dct-hash.ts";
import type { Texture } from "./texture.ts";

/** The name of the format that docs/hash-format.md describes, and the number in its first byte. Evidence of two formats is never compared. */
export const EVIDENCE_FORMAT = "evidence/1";
export const EVIDENCE_VERSION = 1;

/** Offsets of the head's fields in bytes; numbers are little-endian. */
export const HEAD = {
  version: 0,
  flags: 1,
  jpegQuality: 2,
  chroma: 3,
  sourceWidth: 4,
  sourceHeight: 8,
  width: 12,
  height: 14,
  pages: 16,
  texture: 20,
  dctQuality: 30,
  grid: 31,
  detail: 32,
  featureCount: 33,
  textBytes: 34,
  blockhashes: 36,
  dctHashes: 36 + 2 * GRID_BYTES,
  colours: 36 + 2 * GRID_BYTES + DCT_HASHES_BYTES,
} as const;
export const HEAD_BYTES = HEAD.colours + COLOUR_LAYOUT_BYTES;
/** CRC-32 of all that is before it. */
export const CHECKSUM_BYTES = 4;

/** How many features there are in the bytes of evidence. */
export const countFeatures = (evidence: Uint8Array): number => byteAt(evidence, HEAD.featureCount);

export const FLAGS = { film: 1, preview: 2, gainMap: 4, isJpeg: 8, isStandard: 16 } as const;
export const ALL_FLAGS = 31;

/** The order of the measures, one byte each. */
export const TEXTURE_FIELDS = [
  "deviation",
  "edges",
  "axisEdges",
  "smooth",
  "background",
  "strokes",
  "lines",
  "sharpness",
  "black",
  "white",
] as const satisfies readonly (keyof Texture)[];
