import { type HashLimits, hashImage } from "@lookalike/engine/hash/hash-image";
import { PixelBudget } from "@lookalike/engine/hash/pixel-budget";
import type { Outcome } from "@lookalike/shared/domain/image/hash-block";
import type { ListedFile } from "@lookalike/shared/sources/open-listed";
import sharp from "sharp";
import { readListedFile } from "./read-listed.ts";

/** What is hashed: a file, which is read here, or bytes that were read over the network. */
export interface FileRequest extends Pick<HashLimits, "maxPixels" | "timeoutSeconds"> {
  readonly file: (ListedFile & { readonly maxBytes: number }) | Uint8Array;
}

// libvips uses one thread for each picture, since the caller distributes pictures over the cores.
sharp.concurrency(1);
// A cache would be of no use, since every file is decoded once.
sharp.cache(false);

export interface HashRequest extends FileRequest {
  /** The budget of all threads together, in shared memory. */
  readonly pixelBudget: Int32Array;
  /** The part of it that this file holds. */
  readonly heldPixels: Int32Array;
}

/** The entry point of a worker thread. */
export default (request: HashRequest): Promise<Outcome> =>
  hashFile(request, new PixelBudget(request.pixelBudget, request.heldPixels));

/** Reads, decodes and hashes one file. */
export const hashFile = async ({ file, ...limits }: FileRequest, budget?: PixelBudget): Promise<Outcome> => {
  if (file instanceof Uint8Array)
    return hashImage(Buffer.from(file.buffer, file.byteOffset, file.byteLength), limits, budget);
  const content = readListedFile(file, file.maxBytes);
  return Buffer.isBuffer(content) ? hashImage(content, limits, budget) : content;
};
