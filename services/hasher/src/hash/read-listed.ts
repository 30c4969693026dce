import { closeSync, fstatSync, readFileSync, readSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { failed, type Outcome } from "@lookalike/shared/domain/image/hash-block";
import type { ListedImage } from "@lookalike/shared/domain/image/listed-image";
import type { Source } from "@lookalike/shared/domain/job/source";
import { messageOf } from "@lookalike/shared/runtime/errors";
import { keyOf } from "@lookalike/shared/sources/listed-file";
import { ObjectError, type Objects } from "@lookalike/shared/sources/objects";
import { type ListedFile, openListedSync } from "@lookalike/shared/sources/open-listed";

/**
 * The bytes of a listed file, if it is still the one that was listed, or why there are none. Synchronous:
 * it runs in a process that has nothing else to do.
 * @param spare memory for them, which a larger file is not read into
 */
export const readListedFile = (listed: ListedFile, maxBytes: number, spare: Buffer | null = null): Buffer | Outcome => {
  const file = openListedSync(listed);
  if (typeof file !== "number") {
    // The next job's walk skips links, so to its owner such a file has changed.
    const reason = file.reason === "outside-the-source" ? "changed" : file.reason;
    return failed(reason, file.detail);
  }
  try {
    const { size } = fstatSync(file);
    if (size > maxBytes) return tooLarge(size, maxBytes);
    return spare !== null && size <= spare.length ? readInto(spare.subarray(0, size), file) : readFileSync(file);
  } catch (error) {
    return failed("unreadable", messageOf(error));
  } finally {
    closeSync(file);
  }
};

/** @returns as many of the bytes as the file has */
const readInto = (bytes: Buffer, file: number): Buffer => {
  let length = 0;
  while (length < bytes.length) {
    const read = readSync(file, bytes, length, bytes.length - length, length);
    if (read === 0) break;
    length += read;
  }
  return bytes.subarray(0, length);
};

/** The bytes of a listed object, if it is still the one that was listed, or why there are none. */
export const readListedObject = async (
  objects: Objects,
  source: Extract<Source, { kind: "s3" }>,
  { path, fingerprint, bytes }: ListedImage,
  maxBytes: number,
): Promise<Buffer | Outcome> => {
  if (bytes !== null && bytes > maxBytes) return tooLarge(bytes, maxBytes);
  try {
    return await buffer(await objects.read(source.bucket, keyOf(source.prefix, path), fingerprint));
  } catch (error) {
    if (!(error instanceof ObjectError)) return failed("unreadable", messageOf(error));
    // The cause is at the end, after an address that may be long.
    return failed(error.reason, error.message.slice(-120));
  }
};

const tooLarge = (bytes: number, maxBytes: number): Outcome =>
  failed("too-large", `${bytes} bytes, at most ${maxBytes} are read (LOOKALIKE_MAX_FILE_BYTES)`);
