import type { BigIntStats } from "node:fs";
import { bytesOfName } from "../domain/image/file-name.ts";

/**
 * A file's fingerprint, equal while its content can't have changed: size, modification time, inode. It also has the mode
 * and the owner, so that a file whose permissions were corrected is read again.
 */
export const fingerprintOf = (stats: Pick<BigIntStats, "size" | "mtimeNs" | "ino" | "mode" | "uid">): string =>
  [stats.size, stats.mtimeNs, stats.ino, stats.mode, stats.uid].join("-");

const SLASH = Buffer.from("/");

/** A name in a folder, as bytes: not every name is valid UTF-8. */
export const joinPath = (folder: Buffer, name: Buffer): Buffer =>
  folder.length === 0 ? name : Buffer.concat([folder, SLASH, name]);

/** The key of a listed object. */
export const keyOf = (prefix: string, path: string): string =>
  `${prefix}${Buffer.from(bytesOfName(path)).toString("utf8")}`;

/** The folder under a catalog's root that archived files are moved to; never listed. */
export const ARCHIVE_FOLDER = ".lookalike-archive";
