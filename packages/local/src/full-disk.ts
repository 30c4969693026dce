import { statfs } from "node:fs/promises";

const NEEDED_BYTES = 1_048_576;

/** What to add to an error where the disk of a folder is full; empty where it is not. */
export const fullDisk = async (folder: string): Promise<string> => {
  const disk = await statfs(folder).catch(() => null);
  return disk === null || disk.bavail * disk.bsize >= NEEDED_BYTES
    ? ""
    : ` The disk of ${folder} is full: free some space, then start again.`;
};
