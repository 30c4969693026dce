import { type HashLimits, hashImage } from "@lookalike/engine/hash-image";
import { PixelBudget } from "@lookalike/engine/pixel-budget";
import type { Outcome } from "@lookalike/shared/domain/hash-block";
import sharp from "sharp";
import { readListedFile } from "./read-file.ts";

export interface HashRequest extends HashLimits {
  readonly file: ListedFile | Uint8Array;
  /** Shared by all threads. */
  readonly pixelBudget: Int32Array;
  /** What this file holds of it. */
  readonly heldPixels: Int32Array;
}

/** A file that is read here, in the thread. */
interface ListedFile {
  readonly path: Uint8Array;
  readonly fingerprint: string;
  readonly maxBytes: number;
}

// One thread of libvips a picture: the worker threads share out the cores.
sharp.concurrency(1);
// Every file is decoded once.
sharp.cache(false);

/** Runs in a worker thread: reads, decodes and hashes one file. */
export default async (request: HashRequest): Promise<Outcome> => {
  const file = contentOf(request.file);
  if (!Buffer.isBuffer(file)) return file;
  return hashImage(file, request, new PixelBudget(request.pixelBudget, request.heldPixels));
};

const contentOf = (file: HashRequest["file"]): Buffer | Outcome =>
  file instanceof Uint8Array
    ? Buffer.from(file.buffer, file.byteOffset, file.byteLength)
    : readListedFile(Buffer.from(file.path), file.fingerprint, file.maxBytes);
