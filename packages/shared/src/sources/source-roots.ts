import { realpath } from "node:fs/promises";
import { delimiter, isAbsolute, relative } from "node:path";
import type { Source } from "../domain/job/source.ts";
import { rootBytes } from "../domain/primitives/root-path.ts";
import { listOf } from "../runtime/config.ts";

/** Folders that sources may be under, as in PATH; none = no source on this machine. */
export const SourceRoots = listOf(
  delimiter,
  "Folders that directory and hashes sources must be under, separated as in PATH",
);

/** Buckets that sources may be in; none = no source on S3. */
export const SourceBuckets = listOf(",", "Buckets that S3 sources must be in, separated by commas");

/** Where owners' sources may be. */
export interface AllowedSources {
  readonly roots: readonly string[];
  readonly buckets: readonly string[];
}

/** Why a source may not be read, by all of the places it names; null = it may. */
export const refusalOf = async (source: Source, { roots, buckets }: AllowedSources): Promise<string | null> => {
  switch (source.kind) {
    case "directory":
      return (
        (await pathRefusal(source.root, roots)) ?? (source.list === null ? null : await pathRefusal(source.list, roots))
      );
    case "hashes":
      return pathRefusal(source.file, roots);
    case "s3":
      return buckets.includes(source.bucket)
        ? null
        : `s3://${source.bucket}: not a bucket of LOOKALIKE_SOURCE_BUCKETS${buckets.length === 0 ? ", which names none" : ""}`;
  }
};

/**
 * Why a path may not be read; null = it may. Links are followed first: a link inside a root must not lead out of it.
 */
const pathRefusal = async (path: string, roots: readonly string[]): Promise<string | null> => {
  const place = rootBytes(path);
  if (!isAbsolute(place.toString("latin1"))) return `${path}: must be an absolute path`;
  try {
    const real = await realpath(place, "latin1");
    for (const root of roots) if (isWithin(await realpath(root, "latin1").catch(() => root), real)) return null;
    return `${path}: not under a folder of LOOKALIKE_SOURCE_ROOTS${roots.length === 0 ? ", which names none" : ""}`;
  } catch {
    return `${path}: there is no such file or folder`;
  }
};

/** Whether a relative path leads out of the folder from which it starts. */
export const escapesRoot = (path: string): boolean => path === ".." || path.startsWith("../");

const isWithin = (root: string, path: string): boolean => {
  const below = relative(root, path);
  return !escapesRoot(below) && !isAbsolute(below);
};
