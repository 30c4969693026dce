import { type BigIntStats, closeSync, fstatSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { bytesOfName } from "../domain/image/file-name.ts";
import { messageOf } from "../runtime/errors.ts";
import { openFileBelow, openFileBelowSync, type SourcePlace } from "./folder-handle.ts";
import { isAsListed } from "./listed-file.ts";

/** A file of a directory source as it was listed. */
export interface ListedFile {
  /** The folder of the source. */
  readonly root: SourcePlace;
  readonly path: string;
  readonly fingerprint: string;
}

/** Why a listed file is not what was listed. */
export interface ListedFileProblem {
  readonly reason: "missing" | "changed" | "not-a-regular-file" | "outside-the-source" | "unreadable";
  readonly detail: string;
}

const LINKED: ListedFileProblem = {
  reason: "outside-the-source",
  detail: "a link has taken its place since it was listed",
};

/**
 * Opens a listed file if it is still the one that was listed. A link that took its place, or the place of a
 * folder above it, is not followed. The caller closes the file.
 */
export const openListed = async (listed: ListedFile): Promise<FileHandle | ListedFileProblem> => {
  let file: FileHandle | null = null;
  try {
    file = await openFileBelow(listed.root, bytesOfName(listed.path));
    const problem = problemOf(await file.stat({ bigint: true }), listed);
    if (problem === null) return file;
    await file.close();
    return problem;
  } catch (error) {
    await file?.close();
    return problemOfError(error);
  }
};

/** As {@link openListed}, for worker threads that have nothing else to do. @returns a file descriptor */
export const openListedSync = (listed: ListedFile): number | ListedFileProblem => {
  let file: number | null = null;
  try {
    file = openFileBelowSync(listed.root, bytesOfName(listed.path));
    const problem = problemOf(fstatSync(file, { bigint: true }), listed);
    if (problem === null) return file;
    closeSync(file);
    return problem;
  } catch (error) {
    if (file !== null) closeSync(file);
    return problemOfError(error);
  }
};

/** Why an opened file is not the listed one; null = it is. */
const problemOf = (stats: BigIntStats, { fingerprint }: ListedFile): ListedFileProblem | null => {
  if (!stats.isFile()) return { reason: "not-a-regular-file", detail: "a pipe, socket or device, not a file" };
  if (isAsListed(stats, fingerprint)) return null;
  return { reason: "changed", detail: "changed since it was listed; the next job will hash it" };
};

const problemOfError = (error: unknown): ListedFileProblem => {
  switch ((error as NodeJS.ErrnoException).code) {
    case "ENOENT":
    case "ENOTDIR":
      return { reason: "missing", detail: "deleted since it was listed" };
    case "ELOOP":
      return LINKED;
    case "EINVAL":
      return { reason: "outside-the-source", detail: messageOf(error) };
    default:
      return { reason: "unreadable", detail: messageOf(error) };
  }
};
