import type { BigIntStats } from "node:fs";
import { constants, type FileHandle, link, open, unlink } from "node:fs/promises";
import { sha256Of } from "@lookalike/shared/sources/file-digest";
import { type Folder, lstatAt, openFileAt, type Place, pathOf } from "@lookalike/shared/sources/folder-handle";

/** Why a file was not moved: it still has its old name. */
export class MoveRefused extends Error {
  override readonly name = "MoveRefused";
}

/** What has a name; null = nothing has it. A link is not followed. */
export const statAt = (place: Place): Promise<BigIntStats | null> =>
  lstatAt(place).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });

export const isSameFile = (a: Pick<BigIntStats, "dev" | "ino">, b: Pick<BigIntStats, "dev" | "ino">): boolean =>
  a.dev === b.dev && a.ino === b.ino;

/** Creates a file that only its owner may read, in place of an unfinished one of the same name. */
export const createFileAt = async (place: Place, access: number): Promise<FileHandle> => {
  await removeAt(place);
  return open(pathOf(place), access | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
};

/** Removes a name if there is one. */
export const removeAt = (place: Place): Promise<void> =>
  unlink(pathOf(place)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });

/** Flushes a folder's names to the disk: a new name is durable only then. */
export const syncFolder = async ({ path }: Folder): Promise<void> => {
  const handle = await open(Buffer.concat([path, Buffer.from("/.")]), constants.O_RDONLY | constants.O_DIRECTORY);
  await handle.sync().finally(() => handle.close());
};

/**
 * Gives a file a second name: unlike a rename, a link never replaces a file.
 * @returns false where the file system has no links, or the names are on two disks
 */
export const linkTo = async (from: Place, to: Place): Promise<boolean> => {
  try {
    await link(pathOf(from), pathOf(to));
    return true;
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw new MoveRefused("there is another file under that name");
    if (!["EXDEV", "EPERM", "ENOTSUP", "EMLINK"].includes(code)) throw error;
    return false;
  }
};

export const digestAt = async (place: Place): Promise<string> => {
  const file = await openFileAt(place);
  return sha256Of(file).finally(() => file.close());
};
