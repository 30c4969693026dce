import type { Dirent } from "node:fs";
import { lstat, readdir, readFile, realpath, stat } from "node:fs/promises";
import { posix } from "node:path";
import { nameOfBytes } from "@lookalike/shared/domain/image/file-name";
import { type FailureReason, failureOf } from "@lookalike/shared/domain/image/hash-block";
import { type FoundImage, foundImage } from "@lookalike/shared/domain/image/listed-image";
import type { Source } from "@lookalike/shared/domain/job/source";
import { isoOfMilliseconds } from "@lookalike/shared/domain/primitives/encoding";
import { messageOf } from "@lookalike/shared/runtime/errors";
import { ARCHIVE_FOLDER, fingerprintOf, joinPath } from "@lookalike/shared/sources/listed-file";
import { escapesRoot } from "@lookalike/shared/sources/source-roots";
import { NEWLINE } from "./lines.ts";
import { ListingError, matchesGlobs } from "./walk.ts";

const ARCHIVE = Buffer.from(ARCHIVE_FOLDER);

/**
 * Walks a folder depth first, each folder's names in byte order. Symbolic links are not followed: a
 * link is not a copy, and two paths to one file would make it its own duplicate.
 */
export async function* listDirectory(source: Extract<Source, { kind: "directory" }>): AsyncGenerator<FoundImage> {
  const matches = matchesGlobs(source);
  const root = await openRoot(source.root);
  if (source.list !== null) {
    yield* listNamed(source.list, root);
    return;
  }
  // Names as bytes throughout: not every name is valid UTF-8.
  const folders: Buffer[] = [Buffer.alloc(0)];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    let entries: Dirent<Buffer>[];
    try {
      entries = await readdir(joinPath(root, folder), { withFileTypes: true, encoding: "buffer" });
    } catch (error) {
      if (folder.length === 0) throw new ListingError(`${source.root}: the folder can't be read (${messageOf(error)})`);
      if (!isMissing(error)) yield failedImage(folder, "unreadable", `folder: ${messageOf(error)}`);
      continue;
    }
    entries.sort((a, b) => Buffer.compare(a.name, b.name));
    const inside: Buffer[] = [];
    for (const entry of entries) {
      const path = joinPath(folder, entry.name);
      if (entry.name.equals(ARCHIVE)) continue;
      if (entry.isDirectory()) inside.push(path);
      else if (!entry.isSymbolicLink() && matches(nameOfBytes(path))) yield* listFile(root, path);
    }
    folders.push(...inside.reverse());
  }
}

/** The files that a list names, in its order, by absolute paths or paths relative to the root. No file outside the root is touched. */
async function* listNamed(list: string, root: Buffer): AsyncGenerator<FoundImage> {
  const text = await readFile(list).catch((error: unknown) => {
    throw new ListingError(`${list}: the list can't be read (${messageOf(error)})`);
  });
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf(NEWLINE, from);
    const line = text.subarray(from, end === -1 ? text.length : end);
    from = end === -1 ? text.length : end + 1;
    const name = line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
    if (name.length > 0) yield* listOne(root, name);
  }
}

const CARRIAGE_RETURN = 0x0d;

async function* listOne(root: Buffer, name: Buffer): AsyncGenerator<FoundImage> {
  // Latin-1 makes each byte one character, also where the name is not valid UTF-8.
  const path = posix.relative(root.toString("latin1"), posix.resolve(root.toString("latin1"), name.toString("latin1")));
  const inside = Buffer.from(path, "latin1");
  const folder = await realpath(joinPath(root, Buffer.from(posix.dirname(path), "latin1")), {
    encoding: "buffer",
  }).catch(() => null);
  const isInside =
    folder !== null &&
    (folder.equals(root) || folder.subarray(0, root.length + 1).equals(joinPath(root, Buffer.alloc(0))));
  if (escapesRoot(path) || path === "" || (folder !== null && !isInside)) {
    yield failedImage(name, "unreadable", "not under the root of this source");
  } else if (folder === null) yield failedImage(inside, "missing", "there is no such file");
  else yield* listFile(root, inside, "missing");
}

/** @param missingReason why a file that does not exist is a failed item; null = it is not listed */
async function* listFile(
  root: Buffer,
  path: Buffer,
  missingReason: FailureReason | null = null,
): AsyncGenerator<FoundImage> {
  try {
    const stats = await lstat(joinPath(root, path), { bigint: true });
    if (!stats.isFile()) {
      yield failedImage(path, "not-a-regular-file", "a pipe, socket or device, not a file");
      return;
    }
    yield foundImage({
      path: nameOfBytes(path),
      fingerprint: fingerprintOf(stats),
      bytes: Number(stats.size),
      modifiedAt: isoOfMilliseconds(Number(stats.mtimeMs)),
    });
  } catch (error) {
    // A file of a folder that was deleted since the folder was read is simply not listed.
    if (!isMissing(error)) yield failedImage(path, "unreadable", messageOf(error));
    else if (missingReason !== null) yield failedImage(path, missingReason, "there is no such file");
  }
}

const failedImage = (path: Buffer, reason: FailureReason, detail: string): FoundImage =>
  foundImage({
    path: nameOfBytes(path),
    fingerprint: `failed-${reason}`,
    failure: failureOf(reason, detail),
  });

const openRoot = async (root: string): Promise<Buffer> => {
  try {
    const real = await realpath(root, { encoding: "buffer" });
    if (!(await stat(real)).isDirectory()) throw new ListingError(`${root}: not a folder`);
    return real;
  } catch (error) {
    if (error instanceof ListingError) throw error;
    throw new ListingError(
      isMissing(error) ? `${root}: no such folder` : `${root}: the folder can't be opened (${messageOf(error)})`,
    );
  }
};

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOENT";
