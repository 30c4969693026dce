import type { Hash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";

/** So few that between two reads whatever else waits has its turn: storing the part before, for one. */
const BYTES_PER_READ = 65_536;
/** Of a longer line only so much is kept: it is no line of ours. */
const MAX_LINE_BYTES = 65_536;
const NEWLINE = 0x0a;

/** Adds the file's bytes from ≤ at < to to the digest. */
export const digestBytes = async (handle: FileHandle, digest: Hash, from: number, to: number): Promise<void> => {
  for await (const bytes of readBytes(handle, from, to, 16 * BYTES_PER_READ)) digest.update(bytes);
};

/**
 * The lines of a file's bytes from ≤ at < to, as many at a time as are read at once, and all bytes into the digest.
 * Only the last of all lines may be one without an end.
 */
export async function* readLines(
  handle: FileHandle,
  digest: Hash,
  from: number,
  to: number,
): AsyncGenerator<{ readonly lines: readonly string[]; readonly endsInLine: boolean }> {
  let rest = Buffer.alloc(0);
  let at = from;
  for await (const bytes of readBytes(handle, from, to, BYTES_PER_READ)) {
    digest.update(bytes);
    at += bytes.length;
    const whole = at === to ? bytes.length : bytes.lastIndexOf(NEWLINE) + 1;
    if (whole > 0) {
      const lines = Buffer.concat([rest, bytes.subarray(0, whole)])
        .toString()
        .split("\n");
      rest = Buffer.alloc(0);
      const endsInLine = lines.at(-1) !== "";
      if (!endsInLine) lines.pop();
      yield { lines, endsInLine };
    }
    if (rest.length < MAX_LINE_BYTES) rest = Buffer.concat([rest, bytes.subarray(whole)]).subarray(0, MAX_LINE_BYTES);
  }
}

/** In one buffer, which the next read fills anew: a stream's new ones take longer than the digest. */
async function* readBytes(handle: FileHandle, from: number, to: number, atOnce: number): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(Math.min(atOnce, to - from));
  for (let at = from; at < to; ) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, to - at), at);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}
