import type { BigIntStats } from "node:fs";
import { bytesOfName } from "../domain/image/file-name.ts";

/**
 * Equal while a file's content can't have changed: size, modification time, inode, and the mode and
 * owner, so that a file whose permissions were mended is tried again.
 */
export const fingerprintOf = (stats: Pick<BigIntStats, "size" | "mtimeNs" | "ino" | "mode" | "uid">): string =>
  [stats.size, stats.mtimeNs, stats.ino, stats.mode, stats.uid].join("-");

const SLASH = Buffer.from("/");

/** Names are bytes: not every one is valid UTF-8. */
export const joinPath = (folder: Buffer, name: Buffer): Buffer =>
  folder.length === 0 ? name : Buffer.concat([folder, SLASH, name]);

/** The key of a listed object. */
export const keyOf = (prefix: string, path: string): string =>
  `${prefix}${Buffer.from(bytesOfName(path)).toString("utf8")}`;

/** The folder under a catalog's root that archived files are moved to; never listed. */
export const ARCHIVE_FOLDER = ".lookalike-archive";
