import type { FileHandle } from "node:fs/promises";

/** Small, so that other work on the event loop has its turn between two reads: storing the part before, for example. */
const BYTES_PER_READ = 65_536;
/** A longer line is no valid one, and only so much of it is held in memory. */
const MAX_LINE_BYTES = 65_536;
export const NEWLINE = 0x0a;

/**
 * The file's bytes from ≤ at < to. Each chunk is in the same buffer, which the next one overwrites:
 * allocating a new one would take longer than the digest of its bytes.
 */
export async function* readBytes(
  handle: FileHandle,
  from: number,
  to: number,
  bytesPerRead = BYTES_PER_READ,
): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(Math.min(bytesPerRead, to - from));
  for (let at = from; at < to; ) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, to - at), at);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}

/**
 * The lines of a stretch of text, as many at a time as its chunks have. Only the last line of all may lack an end.
 * @param length of all chunks together, in bytes
 * @param encoding latin1: each byte is one character
 */
export async function* readLines(
  chunks: AsyncIterable<Buffer>,
  length: number,
  encoding: "utf8" | "latin1" = "utf8",
): AsyncGenerator<readonly string[]> {
  let rest = Buffer.alloc(0);
  let at = 0;
  for await (const bytes of chunks) {
    at += bytes.length;
    const whole = at === length ? bytes.length : bytes.lastIndexOf(NEWLINE) + 1;
    if (whole > 0) {
      const lines = Buffer.concat([rest, bytes.subarray(0, whole)])
        .toString(encoding)
        .split("\n");
      rest = Buffer.alloc(0);
      if (lines.at(-1) === "") lines.pop();
      yield lines;
    }
    if (rest.length < MAX_LINE_BYTES) rest = Buffer.concat([rest, bytes.subarray(whole)]).subarray(0, MAX_LINE_BYTES);
  }
}
