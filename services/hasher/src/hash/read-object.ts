import { buffer } from "node:stream/consumers";
import { failed } from "@lookalike/engine/hash/hash-image";
import type { Outcome } from "@lookalike/shared/domain/image/hash-block";
import type { ListedImage } from "@lookalike/shared/domain/image/listed-image";
import type { Source } from "@lookalike/shared/domain/job/source";
import { messageOf } from "@lookalike/shared/runtime/errors";
import { keyOf } from "@lookalike/shared/sources/listed-file";
import { ObjectError, type Objects } from "@lookalike/shared/sources/objects";

/** The bytes of a listed object, if it is still the one that was listed, or why there are none. */
export const readListedObject = async (
  objects: Objects,
  source: Extract<Source, { kind: "s3" }>,
  { path, fingerprint, bytes }: ListedImage,
  maxBytes: number,
): Promise<Buffer | Outcome> => {
  if ((bytes ?? 0) > maxBytes)
    return failed("too-large", `${bytes} bytes, at most ${maxBytes} are read (LOOKALIKE_MAX_FILE_BYTES)`);
  try {
    return await buffer(await objects.read(source.bucket, keyOf(source.prefix, path), fingerprint));
  } catch (error) {
    if (!(error instanceof ObjectError)) return failed("unreadable", messageOf(error).slice(0, 120));
    return failed(error.reason, error.message.slice(-120));
  }
};
