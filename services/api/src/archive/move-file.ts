import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { constants, copyFile, link, mkdir, open, realpath, rm, stat, unlink, utimes } from "node:fs/promises";

/** The file was not moved: it still has its old name. */
class MoveRefused extends Error {
  override readonly name = "MoveRefused";
}

const SLASH = 0x2f;
const folderOf = (path: Buffer): Buffer => path.subarray(0, path.lastIndexOf(SLASH));

/**
 * Moves a file to a name that no file has yet, also on another volume. At every moment, the whole file
 * has one of the two names.
 * @param sha256 digest of the file, in hexadecimal: a copy with another one is deleted
 * @throws MoveRefused when a file has the new name already, or the copy differs
 */
export const moveFile = async (from: Buffer, to: Buffer, sha256: string): Promise<void> => {
  await mkdir(folderOf(to), { recursive: true });
  try {
    // Unlike a rename, a link never replaces a file.
    await link(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw new MoveRefused("there is a file under that name");
    if (code !== "EXDEV" && code !== "EPERM" && code !== "ENOTSUP") throw error;
    await copyVerified(from, to, sha256);
  }
  await syncToDisk(folderOf(to));
  await unlink(from);
  await syncToDisk(folderOf(from));
};

const copyVerified = async (from: Buffer, to: Buffer, sha256: string): Promise<void> => {
  const unfinished = Buffer.concat([to, Buffer.from(".lookalike-unfinished")]);
  await rm(unfinished, { force: true });
  try {
    await copyFile(from, unfinished);
    const { atime, mtime } = await stat(from);
    await utimes(unfinished, atime, mtime);
    await syncToDisk(unfinished);
    if ((await sha256Of(unfinished)) !== sha256) throw new MoveRefused("the copy is not the same");
    await claim(unfinished, to);
  } finally {
    await rm(unfinished, { force: true });
  }
};

/** Gives the finished copy its name, if no file has that name. */
const claim = async (unfinished: Buffer, to: Buffer): Promise<void> => {
  try {
    await link(unfinished, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw new MoveRefused("there is a file under that name");
    if (code !== "EPERM" && code !== "ENOTSUP") throw error;
    // This file system has no links: an exclusive copy replaces nothing either.
    await copyFile(unfinished, to, constants.COPYFILE_EXCL);
    await syncToDisk(to);
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
