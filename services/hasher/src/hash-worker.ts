import { failed, type HashLimits, hashImage } from "@lookalike/engine/hash-image";
import type { Outcome } from "@lookalike/shared/domain/hash-block";
import { readListedFile } from "./read-file.ts";

export interface HashRequest extends HashLimits {
  readonly path: Uint8Array;
  readonly fingerprint: string;
  readonly maxBytes: number;
}

/** Runs in a worker thread: reads, decodes and hashes one file. */
export default async (request: HashRequest): Promise<Outcome> => {
  const file = await readListedFile(Buffer.from(request.path), request.fingerprint, request.maxBytes);
  if (!Buffer.isBuffer(file)) return file;
  if (file.length === 0) return failed("empty", "the file has no bytes");
  return hashImage(file, request);
};
