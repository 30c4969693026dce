import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { constants, copyFile, link, mkdir, open, realpath, rm, stat, unlink, utimes } from "node:fs/promises";

const SLASH = 0x2f;
const folderOf = (path: Buffer): Buffer => path.subarray(0, path.lastIndexOf(SLASH));

/**
 * Moves a file to a name that no file has yet, also on another volume. At every moment, the whole file
 * has one of the two names.
 * @param sha256 digest of the file, in hexadecimal: a copy with another one is deleted
 * @throws when a file has the new name already, or the copy differs: then the file still has its old name
 */
export const moveFile = async (from: Buffer, to: Buffer, sha256: string): Promise<void> => {
  await mkdir(folderOf(to), { recursive: true });
  if (!(await linkTo(from, to))) await copyVerified(from, to, sha256);
  await syncToDisk(folderOf(to));
  await unlink(from);
  await syncToDisk(folderOf(from));
};

/**
 * Gives a file a second name: unlike a rename, a link never replaces a file.
 * @returns false where the file system has no links, or the names are on two volumes
 */
const linkTo = async (from: Buffer, to: Buffer): Promise<boolean> => {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw new Error("there is a file under that name");
    if (code !== "EXDEV" && code !== "EPERM" && code !== "ENOTSUP") throw error;
    return false;
  }
};

const copyVerified = async (from: Buffer, to: Buffer, sha256: string): Promise<void> => {
  const unfinished = Buffer.concat([to, Buffer.from(".lookalike-unfinished")]);
  await rm(unfinished, { force: true });
  try {
    await copyFile(from, unfinished);
    const { atime, mtime } = await stat(from);
    await utimes(unfinished, atime, mtime);
    await syncToDisk(unfinished);
    if ((await sha256Of(unfinished)) !== sha256) throw new Error("the copy is not the same");
    if (await linkTo(unfinished, to)) return;
    // This file system has no links: an exclusive copy replaces nothing either.
    await copyFile(unfinished, to, constants.COPYFILE_EXCL);
    await syncToDisk(to);
  } finally {
    await rm(unfinished, { force: true });
  }
};

export const sha256Of = async (path: Buffer): Promise<string> => {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
};

/** Whether a file has that name. */
export const isThere = (path: Buffer): Promise<boolean> =>
  realpath(path).then(
    () => true,
    () => false,
  );

/** Flushes a file's bytes, or a folder's names, to the disk: a rename is durable once its folder is flushed. */
export const syncToDisk = async (path: string | Buffer): Promise<void> => {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};
