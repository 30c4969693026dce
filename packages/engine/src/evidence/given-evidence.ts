import { workingSize } from "../hash/pixels/working-size.ts";
import { GRID_BYTES } from "./bit-grid.ts";
import { COLOUR_LAYOUT_BYTES } from "./colour-layout.ts";
import type { DctHashes } from "./dct-hash.ts";
import { encodeEvidence } from "./encode-evidence.ts";

const GREY = 128;

/**
 * Evidence of a picture of which PDQ's hashes alone are known, as those have who use ThreatExchange's tools. All other parts say nothing: a
 * blockhash of zeros is a flat one, which is compared with none, and there are no features.
 * @param size of the picture as it is seen, each side at least 1
 * @returns `evidence/1` of docs/hash-format.md
 */
export const evidenceOfDctHashes = (
  size: { readonly width: number; readonly height: number },
  { hashes, quality }: DctHashes,
): Uint8Array =>
  encodeEvidence(
    {
      sourceWidth: size.width,
      sourceHeight: size.height,
      ...workingSize(size),
      blockhashes: new Uint8Array(2 * GRID_BYTES),
      dctHashes: hashes,
      dctQuality: quality,
      colours: new Uint8Array(COLOUR_LAYOUT_BYTES).fill(GREY),
      texture: {
        deviation: 0,
        edges: 0,
        axisEdges: 0,
        smooth: 0,
        background: 0,
        strokes: 0,
        lines: 0,
        sharpness: 0,
        black: 0,
        white: 0,
      },
      resolution: { detail: 1, grid: 0 },
      features: new Uint8Array(0),
    },
    { pages: 1, jpeg: null, embedded: { film: false, preview: false, gainMap: false, profile: null }, exif: null },
  );
