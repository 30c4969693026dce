import { open } from "node:fs/promises";

/** Flushes a file's bytes, or a folder's names, to the disk: a rename is durable once its folder is flushed. */
export const syncToDisk = async (path: string | Buffer): Promise<void> => {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};
