import type { HashLimits, ReservePixels } from "@lookalike/engine/hash/decode-picture";
import { hashImage } from "@lookalike/engine/hash/hash-image";
import type { Outcome } from "@lookalike/shared/domain/image/hash-block";
import type { ListedFile } from "@lookalike/shared/sources/open-listed";
import sharp from "sharp";
import { readListedFile } from "./read-listed.ts";

/** What is hashed, with so many features at most: a file, which is read here, or bytes that were read over the network. */
export interface HashedFile {
  readonly content: (ListedFile & { readonly maxBytes: number }) | Uint8Array;
  readonly features: number;
}

type FileLimits = Pick<HashLimits, "maxPixels" | "timeoutSeconds">;

/** Files that are hashed one after another. */
export interface HashRequest extends FileLimits {
  readonly files: readonly HashedFile[];
}

// libvips uses one thread for each picture, since the caller distributes pictures over the cores.
sharp.concurrency(1);
// A cache would be of no use, since every file is decoded once.
sharp.cache(false);

/** As many as most pictures have. Pages that no file has filled take no memory. */
const SPARE_BYTES = 2 ** 24;
/** Memory for a file's bytes while it is not in use: with a new one for each file the garbage collector runs far more often. */
let spare: Buffer | null = Buffer.allocUnsafeSlow(SPARE_BYTES);

/** Reads, decodes and hashes one file. */
export const hashFile = async (
  { content, features }: HashedFile,
  fileLimits: FileLimits,
  reserve?: ReservePixels,
): Promise<Outcome> => {
  const limits = { ...fileLimits, features };
  if (content instanceof Uint8Array)
    return hashImage(Buffer.from(content.buffer, content.byteOffset, content.byteLength), limits, reserve);
  const taken = spare;
  spare = null;
  try {
    const file = readListedFile(content, content.maxBytes, taken);
    return Buffer.isBuffer(file) ? await hashImage(file, limits, reserve) : file;
  } finally {
    spare = taken ?? spare;
  }
};
