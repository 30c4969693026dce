import { open } from "node:fs/promises";

/** Puts a file's bytes, or a folder's names, on the disk: a rename is there once its folder is. */
export const syncToDisk = async (path: string | Buffer): Promise<void> => {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};
