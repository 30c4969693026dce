import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { failed } from "@lookalike/engine/hash/hash-image";
import type { Outcome } from "@lookalike/shared/domain/image/hash-block";
import { messageOf } from "@lookalike/shared/runtime/errors";
import { fingerprintOf } from "@lookalike/shared/sources/listed-file";

/**
 * The bytes of a listed file, or why there are none. Opened without blocking, so that a pipe under an
 * image's name cannot hang a worker, and compared with what was listed. Synchronous: it runs in a
 * worker thread that has nothing else to do.
 */
export const readListedFile = (path: Buffer, fingerprint: string, maxBytes: number): Buffer | Outcome => {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(file, { bigint: true });
      if (!stats.isFile()) return failed("not-a-regular-file", "a pipe, socket or device, not a file");
      if (stats.size > maxBytes)
        return failed("too-large", `${stats.size} bytes, at most ${maxBytes} are read (LOOKALIKE_MAX_FILE_BYTES)`);
      if (fingerprintOf(stats) !== fingerprint)
        return failed("changed", "changed since it was listed; the next job will hash it");
      return readFileSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const gone = (error as NodeJS.ErrnoException).code === "ENOENT";
    return failed(gone ? "missing" : "unreadable", gone ? "deleted since it was listed" : messageOf(error));
  }
};
