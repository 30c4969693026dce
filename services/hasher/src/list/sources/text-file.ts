import type { FileHandle } from "node:fs/promises";
import { bytesOfName } from "@lookalike/shared/domain/image/file-name";
import { messageOf } from "@lookalike/shared/runtime/errors";
import { openFileBelow, type SourcePlace } from "@lookalike/shared/sources/folder-handle";
import { ListingError } from "./walk.ts";

/** Twenty million lines of 200 bytes. */
export const MAX_TEXT_BYTES = 4 * 1024 ** 3;
const MAX_LINES = 20_000_000;
/** A file with more lines that say nothing is not what its owner believes it to be. */
export const MAX_BAD_LINES = 10_000;

/**
 * Opens a text file that an owner named: only a regular one, and without following a link or waiting for a writer. The
 * caller closes it.
 * @param label the file as its owner named it
 * @throws ListingError where it is none that can be read
 */
export const openTextFile = async (
  { root, below }: SourcePlace,
  label: string,
  maxBytes = MAX_TEXT_BYTES,
): Promise<{ handle: FileHandle; size: number }> => {
  const handle = await openFileBelow({ root, below: "" }, bytesOfName(below)).catch((error: unknown) => {
    throw new ListingError(`${label}: the file can't be read (${messageOf(error)})`);
  });
  const problem = await handle.stat().then(
    (stats) => {
      if (!stats.isFile()) return "not a file";
      return stats.size > maxBytes ? `${stats.size} bytes, and at most ${maxBytes} are read` : stats.size;
    },
    (error: unknown) => messageOf(error),
  );
  if (typeof problem === "number") return { handle, size: problem };
  await handle.close();
  throw new ListingError(`${label}: ${problem}`);
};

/** Counts the lines of a file, and ends its listing where they are too many. */
export class LineCount {
  readonly #label: string;
  #lines: number;
  #bad = 0;

  /** @param lines that were read before */
  constructor(label: string, lines = 0) {
    this.#label = label;
    this.#lines = lines;
  }

  get lines(): number {
    return this.#lines;
  }

  /** @throws ListingError */
  add(): void {
    this.#lines += 1;
    if (this.#lines > MAX_LINES)
      throw new ListingError(`${this.#label}: more than ${MAX_LINES} lines. Make several catalogs of it.`);
  }

  /** Counts the line as one that can't be used. @throws ListingError */
  addBad(): void {
    this.#bad += 1;
    if (this.#bad > MAX_BAD_LINES)
      throw new ListingError(
        `${this.#label}: more than ${MAX_BAD_LINES} lines can't be used, the last of them line ${this.#lines}. Is it the right file?`,
      );
  }
}
