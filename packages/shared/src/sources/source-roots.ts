import { lstat, realpath } from "node:fs/promises";
import { posix } from "node:path";
import { bytesOfName, nameOfBytes } from "../domain/image/file-name.ts";
import type { Source } from "../domain/job/source.ts";
import { rootBytes, rootOfBytes } from "../domain/primitives/root-path.ts";
import type { AllowedRoot, AllowedSources } from "./allowed-sources.ts";
import { lstatAt, type SourcePlace, withPlace, withRoot } from "./folder-handle.ts";

/** A tenant may not have this source. Of a place that is not the tenant's, nothing more is said: not whether anything is there. */
export class SourceRefused extends Error {
  override readonly name = "SourceRefused";
}

/** @throws SourceRefused where a tenant may not have a source, by all of the places that it names */
export const requireSource = async (source: Source, tenant: string, allowed: AllowedSources): Promise<void> => {
  switch (source.kind) {
    case "directory":
      await requirePlace(source.root, tenant, allowed);
      if (source.list !== null) await requirePlace(source.list, tenant, allowed);
      return;
    case "hashes":
      await requirePlace(source.file, tenant, allowed);
      return;
    case "s3":
      return requireBucket(source.bucket, tenant, allowed);
  }
};

/** As {@link placeOf}, of what must exist. @throws SourceRefused where nothing is there that the tenant may have a source at */
export const requirePlace = async (path: string, tenant: string, allowed: AllowedSources): Promise<SourcePlace> => {
  const place = await placeOf(path, tenant, allowed);
  const { root, below } = place;
  const found =
    below === ""
      ? lstat(rootBytes(root))
      : withRoot({ root, below: "" }, (folder) => withPlace(folder, bytesOfName(below), lstatAt));
  if (!(await succeeds(found))) throw new SourceRefused(`${path}: there is no such file or folder`);
  return place;
};

/** @throws SourceRefused where the bucket is not the tenant's */
export const requireBucket = (bucket: string, tenant: string, { buckets }: AllowedSources): void => {
  const own = buckets.filter((allowed) => allowed.tenant === tenant);
  if (own.some((allowed) => allowed.bucket === bucket)) return;
  throw new SourceRefused(
    `s3://${bucket}: not a bucket of LOOKALIKE_SOURCE_BUCKETS for the tenant ${tenant}${own.length === 0 ? ", which has none" : ""}`,
  );
};

const succeeds = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  );

/**
 * Where a tenant's folder or file is, after its links were followed once: it is opened below the root without following
 * any, so that a link which is put there later leads nowhere. It need not exist.
 * @throws SourceRefused where it is not below a root of the tenant, in the same words whether anything is there or not
 */
export const placeOf = async (path: string, tenant: string, { roots }: AllowedSources): Promise<SourcePlace> => {
  const own = roots.filter((root) => root.tenant === tenant);
  const real = await resolved(rootBytes(path).toString("latin1"));
  const place = real === null ? null : await placeUnder(own, real);
  const others = roots.filter((root) => root.tenant !== tenant);
  if (place !== null && real !== null && !(await overlaps(others, real))) return place;
  throw new SourceRefused(
    `${path}: not under a folder of LOOKALIKE_SOURCE_ROOTS for the tenant ${tenant}${own.length === 0 ? ", which has none" : ""}`,
  );
};

/** The place of a path without links, as names below the first of these roots that it is under; null where it is under none. */
const placeUnder = async (roots: readonly AllowedRoot[], real: string): Promise<SourcePlace | null> => {
  for (const { root } of roots) {
    const folder = await realRoot(root);
    if (pathBelow(folder, real) === null) continue;
    // A root may be a file, which is opened in its folder.
    const above = folder === real ? posix.dirname(folder) : folder;
    const below = posix.relative(above, real);
    return { root: rootOfBytes(Buffer.from(above, "latin1")), below: nameOfBytes(Buffer.from(below, "latin1")) };
  }
  return null;
};

/** Whether a path is under one of these roots, or one of them under it: a link may have led there. */
const overlaps = async (roots: readonly AllowedRoot[], real: string): Promise<boolean> => {
  for (const { root } of roots) {
    const folder = await realRoot(root);
    if (pathBelow(folder, real) !== null || pathBelow(real, folder) !== null) return true;
  }
  return false;
};

const MAX_PATH_BYTES = 4_096;

/**
 * The absolute path without links that leads to a path, in Latin-1: each byte is one character. Of a path that does not
 * exist, what exists is resolved. null = it is not absolute, or it leads over a link to what is not there or may not be
 * seen: whether that is so must not be found out by somebody who puts links into their own folder.
 */
const resolved = async (path: string): Promise<string | null> => {
  if (!posix.isAbsolute(path) || path.length > MAX_PATH_BYTES) return null;
  let existing = posix.normalize(path);
  for (
    let absent: string[] = [];
    ;
    absent = [posix.basename(existing), ...absent], existing = posix.dirname(existing)
  ) {
    const real = await realpath(Buffer.from(existing, "latin1"), "latin1").catch(() => null);
    const [next] = absent;
    if (real !== null && next === undefined) return real;
    if (real !== null && next !== undefined) {
      const isLink = await succeeds(lstat(Buffer.from(posix.join(real, next), "latin1")));
      return isLink ? null : posix.join(real, ...absent);
    }
    if (existing === "/") return null;
  }
};

const realRoot = async (root: string): Promise<string> => {
  const bytes = rootBytes(root);
  // A disk that is not mounted may have no folder.
  return realpath(bytes, "latin1").catch(() => posix.resolve(bytes.toString("latin1")));
};

/** The path from a folder to what is below it, empty for the folder itself; null where it is not below. */
const pathBelow = (root: string, path: string): string | null => {
  const below = posix.relative(root, path);
  return escapesRoot(below) ? null : below;
};

/** The path of a place, as text. */
export const pathOfPlace = ({ root, below }: SourcePlace): string =>
  rootOfBytes(
    Buffer.from(posix.join(rootBytes(root).toString("latin1"), bytesOfName(below).toString("latin1")), "latin1"),
  );

/** Whether a relative path leads out of the folder from which it starts. */
export const escapesRoot = (path: string): boolean => path === ".." || path.startsWith("../");
