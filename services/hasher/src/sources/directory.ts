import type { Dirent } from "node:fs";
import { lstat, readdir, realpath, stat } from "node:fs/promises";
import { nameOfBytes } from "@lookalike/shared/domain/bytes";
import type { FailureReason } from "@lookalike/shared/domain/hash-block";
import type { Source } from "@lookalike/shared/domain/options";
import { ARCHIVE_FOLDER, fingerprintOf, joinPath } from "@lookalike/shared/files/listed-file";
import { messageOf } from "@lookalike/shared/runtime/fail";
import type { FoundImage } from "@lookalike/shared/store/listing";
import picomatch from "picomatch";
import { SourceError } from "./source-error.ts";

type DirectorySource = Extract<Source, { kind: "directory" }>;

/** HEIC is listed to be reported: it can't be decoded here, and nobody should think it was compared. */
const EXTENSIONS = /\.(jpe?g|jpe|jfif|png|webp|gif|tiff?|avif|heic|heif)$/i;
const ARCHIVE = Buffer.from(ARCHIVE_FOLDER);
const SVG = /\.svgz?$/i;

/**
 * Walks a folder depth first, each folder's names in byte order. Symbolic links are not followed: a
 * link is not a copy, and two ways to one file would make it its own duplicate.
 */
export async function* listDirectory(source: DirectorySource): AsyncGenerator<FoundImage> {
  const wanted = wantedPaths(source);
  const root = await openRoot(source.root);
  // Names as bytes throughout: not every name is valid UTF-8.
  const folders: Buffer[] = [Buffer.alloc(0)];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    let entries: Dirent<Buffer>[];
    try {
      entries = await readdir(joinPath(root, folder), { withFileTypes: true, encoding: "buffer" });
    } catch (error) {
      if (folder.length === 0) throw new SourceError(`${source.root}: the folder can't be read (${messageOf(error)})`);
      if (!isGone(error)) yield failedImage(folder, "unreadable", `folder: ${messageOf(error)}`);
      continue;
    }
    entries.sort((a, b) => Buffer.compare(a.name, b.name));
    const inside: Buffer[] = [];
    for (const entry of entries) {
      const path = joinPath(folder, entry.name);
      if (entry.name.equals(ARCHIVE)) continue;
      if (entry.isDirectory()) inside.push(path);
      else if (!entry.isSymbolicLink() && wanted(path)) yield* listFile(root, path);
    }
    folders.push(...inside.reverse());
  }
}

async function* listFile(root: Buffer, path: Buffer): AsyncGenerator<FoundImage> {
  try {
    const stats = await lstat(joinPath(root, path), { bigint: true });
    if (!stats.isFile()) {
      yield failedImage(path, "not-a-regular-file", "a pipe, socket or device, not a file");
      return;
    }
    yield {
      path: nameOfBytes(path),
      fingerprint: fingerprintOf(stats),
      bytes: Number(stats.size),
      modifiedAt: new Date(Number(stats.mtimeMs)).toISOString(),
      givenHash: null,
      width: null,
      height: null,
      failure: null,
    };
  } catch (error) {
    // Deleted since the folder was read: it is not there to be listed.
    if (!isGone(error)) yield failedImage(path, "unreadable", messageOf(error));
  }
}

const failedImage = (path: Buffer, reason: FailureReason, detail: string): FoundImage => ({
  path: nameOfBytes(path),
  fingerprint: `failed-${reason}`,
  bytes: null,
  modifiedAt: null,
  givenHash: null,
  width: null,
  height: null,
  failure: { reason, detail: detail.slice(0, 120).toWellFormed() },
});

const openRoot = async (root: string): Promise<Buffer> => {
  try {
    const real = await realpath(root, { encoding: "buffer" });
    if (!(await stat(real)).isDirectory()) throw new SourceError(`${root}: not a folder`);
    return real;
  } catch (error) {
    if (error instanceof SourceError) throw error;
    throw new SourceError(
      isGone(error) ? `${root}: no such folder` : `${root}: the folder can't be opened (${messageOf(error)})`,
    );
  }
};

const wantedPaths = ({ include, exclude, svg }: DirectorySource): ((path: Buffer) => boolean) => {
  const included = include.length === 0 ? () => true : picomatch(include, { dot: true });
  const excluded = exclude.length === 0 ? () => false : picomatch(exclude, { dot: true });
  return (path) => {
    const name = nameOfBytes(path);
    return (EXTENSIONS.test(name) || (svg && SVG.test(name))) && included(name) && !excluded(name);
  };
};

const isGone = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOENT";
