import type { BigIntStats } from "node:fs";
import { bytesOfName } from "../domain/image/file-name.ts";

/**
 * A file's fingerprint, equal while its content can't have changed: size, modification time, inode, mode, owner, and the
 * time of its last change of any kind, which no program can set.
 */
export const fingerprintOf = (
  stats: Pick<BigIntStats, "size" | "mtimeNs" | "ino" | "mode" | "uid" | "ctimeNs">,
): string => [stats.size, stats.mtimeNs, stats.ino, stats.mode, stats.uid, stats.ctimeNs].join("-");

/** The parts of a fingerprint. */
export interface FileState {
  readonly size: string;
  readonly modified: string;
  readonly inode: string;
  /** Mode and owner. */
  readonly access: string;
  /** Left out by fingerprints of earlier versions. */
  readonly changed: string | undefined;
}

const FINGERPRINT = /^(?<size>\d+)-(?<modified>-?\d+)-(?<inode>\d+)-(?<access>\d+-\d+)(?:-(?<changed>-?\d+))?$/;

/** @returns null where the fingerprint is not that of a file */
export const fileStateOf = (fingerprint: string): FileState | null => {
  const parts = FINGERPRINT.exec(fingerprint)?.groups;
  return parts === undefined ? null : (parts as unknown as FileState);
};

/** Whether a file has the size, the modification time and the inode that it was listed with; its mode may be another. */
export const isAsListed = (stats: Pick<BigIntStats, "size" | "mtimeNs" | "ino">, fingerprint: string): boolean => {
  const listed = fileStateOf(fingerprint);
  return (
    listed !== null &&
    listed.size === String(stats.size) &&
    listed.modified === String(stats.mtimeNs) &&
    listed.inode === String(stats.ino)
  );
};

/** Names the file that a fingerprint is of, whatever its path: hard links to one file have one. null = it is not known. */
export const fileIdOf = (fingerprint: string): string | null => {
  const state = fileStateOf(fingerprint);
  // Some network file systems have no inodes.
  return state === null || state.inode === "0" ? null : [state.inode, state.size, state.modified].join("-");
};

const SLASH = Buffer.from("/");

/** A name in a folder, as bytes: not every name is valid UTF-8. */
export const joinPath = (folder: Buffer, name: Buffer): Buffer =>
  folder.length === 0 ? name : Buffer.concat([folder, SLASH, name]);

/** The key of a listed object. */
export const keyOf = (prefix: string, path: string): string => `${prefix}${bytesOfName(path).toString("utf8")}`;

/** The folder under a catalog's root that archived files are moved to; never listed. */
export const ARCHIVE_FOLDER = ".lookalike-archive";
