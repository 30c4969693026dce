import { realpath } from "node:fs/promises";
import { delimiter, isAbsolute, relative } from "node:path";
import { z } from "zod";
import type { Source } from "../domain/job/source.ts";

/** Folders that sources may lie under, as in PATH; none = no source on this machine. */
export const SourceRoots = z
  .string()
  .default("")
  .transform((text) => text.split(delimiter).filter((root) => root !== ""))
  .meta({ description: "Folders that directory and hashes sources must lie under, separated as in PATH" });

/** Buckets that sources may lie in; none = no source on S3. */
export const SourceBuckets = z
  .string()
  .default("")
  .transform((text) => text.split(",").filter((bucket) => bucket !== ""))
  .meta({ description: "Buckets that S3 sources must lie in, separated by commas" });

/** What owners may make sources of. */
export interface AllowedSources {
  readonly roots: readonly string[];
  readonly buckets: readonly string[];
}

/** Why a source may not be read, by all of the places it names; null = it may. */
export const refusalOf = async (source: Source, { roots, buckets }: AllowedSources): Promise<string | null> => {
  if (source.kind === "s3")
    return buckets.includes(source.bucket)
      ? null
      : `s3://${source.bucket}: not a bucket of LOOKALIKE_SOURCE_BUCKETS${buckets.length === 0 ? ", which names none" : ""}`;
  const paths = source.kind === "directory" ? [source.root, source.list] : [source.file];
  for (const path of paths) {
    const refusal = path === null ? null : await sourceRefusal(path, roots);
    if (refusal !== null) return refusal;
  }
  return null;
};

/**
 * Why a path may not be read; null = it may. Links are followed first: a link inside a root must
 * not lead out of it.
 */
const sourceRefusal = async (path: string, roots: readonly string[]): Promise<string | null> => {
  if (!isAbsolute(path)) return `${path}: must be an absolute path`;
  try {
    const real = await realpath(path);
    for (const root of roots) if (isWithin(await realpath(root).catch(() => root), real)) return null;
    return `${path}: not under a folder of LOOKALIKE_SOURCE_ROOTS${roots.length === 0 ? ", which names none" : ""}`;
  } catch {
    return `${path}: there is no such file or folder`;
  }
};

/** Whether a relative path leaves the folder that it starts from. */
export const escapesRoot = (way: string): boolean => way === ".." || way.startsWith("../");

const isWithin = (root: string, path: string): boolean => {
  const way = relative(root, path);
  return !escapesRoot(way) && !isAbsolute(way);
};
