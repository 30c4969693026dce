import { buffer } from "node:stream/consumers";
import { failed } from "@lookalike/engine/hash-image";
import type { ListedImage } from "@lookalike/shared/domain/events";
import type { Outcome } from "@lookalike/shared/domain/hash-block";
import type { Source } from "@lookalike/shared/domain/options";
import { keyOf } from "@lookalike/shared/files/listed-file";
import { ObjectError, type Objects } from "@lookalike/shared/files/objects";
import { messageOf } from "@lookalike/shared/runtime/fail";

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
