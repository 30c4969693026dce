import { SIGNATURE_BYTES } from "@lookalike/shared/domain/image/signature";
import { SMALL_SIDE } from "../hash/picture-pixels.ts";
import { GRID_BYTES } from "./bit-grid.ts";
import { COLOUR_LAYOUT_BYTES } from "./colour-layout.ts";

/** What is computed of the whole picture as SMALL_SIDE x SMALL_SIDE pixels of luma, whatever its aspect ratio, and of its chroma. */
export interface SmallHashes {
  /** 64 bytes: see {@link turnedBlockhash}. */
  readonly blockhashes: Uint8Array;
  /** 32 bytes: see {@link turnedColourLayout}. */
  readonly colours: Uint8Array;
  /** The second, independent hash and the colours of a picture, 16 bytes: docs/hash-format.md. */
  readonly signature: Uint8Array;
  /** Standard deviation of luma, 0..127.5. */
  readonly deviation: number;
}

/** Bytes of the fields that the kernel writes one after another; luma's sum and the sum of its squares follow, 32 bits each. */
const FIELDS = { blockhashes: 2 * GRID_BYTES, colours: COLOUR_LAYOUT_BYTES, signature: SIGNATURE_BYTES };
const SUMS_FROM = FIELDS.blockhashes + FIELDS.colours + FIELDS.signature;
export const SMALL_HASHES_BYTES = SUMS_FROM + 8;

/** The hashes from the kernel's bytes: `SmallHashes` of kernels/small-hashes.c. */
export const smallHashesOf = (bytes: Uint8Array): SmallHashes => {
  const [sum, squares] = new Uint32Array(bytes.buffer, bytes.byteOffset + SUMS_FROM, 2) as unknown as [number, number];
  return {
    blockhashes: bytes.slice(0, FIELDS.blockhashes),
    colours: bytes.slice(FIELDS.blockhashes, SUMS_FROM - FIELDS.signature),
    signature: bytes.slice(SUMS_FROM - FIELDS.signature, SUMS_FROM),
    deviation: deviationOf(sum, squares, SMALL_SIDE * SMALL_SIDE),
  };
};

/** The standard deviation of numbers by their sum and that of their squares. */
export const deviationOf = (sum: number, squares: number, count: number): number =>
  Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
