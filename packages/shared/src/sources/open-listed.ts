import { constants } from "node:fs";
import { type FileHandle, open, realpath } from "node:fs/promises";
import { bytesOfName } from "../domain/image/file-name.ts";
import { fingerprintOf, joinPath } from "./listed-file.ts";

/** Why a listed file is not what was listed. */
export type ListedFileProblem = "missing" | "changed" | "not-a-regular-file" | "outside-the-source" | "unreadable";

/** The file's place on disk, below the real root. */
export const diskPath = async (root: string, path: string): Promise<Buffer> =>
  joinPath(await realpath(root, { encoding: "buffer" }), Buffer.from(bytesOfName(path)));

/**
 * Opens a listed file if it is still the one that was listed. Neither a link that took its place nor
 * one on the way to it is followed out of the source.
 */
export const openListed = async (
  root: string,
  path: string,
  fingerprint: string,
): Promise<FileHandle | ListedFileProblem> => {
  let file: FileHandle | null = null;
  try {
    const place = await diskPath(root, path);
    if (!(await realpath(place, { encoding: "buffer" })).equals(place)) return "outside-the-source";
    file = await open(place, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    const stats = await file.stat({ bigint: true });
    const refusal = !stats.isFile() ? "not-a-regular-file" : fingerprintOf(stats) === fingerprint ? null : "changed";
    if (refusal === null) return file;
    await file.close();
    return refusal;
  } catch (error) {
    await file?.close();
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return "missing";
    return code === "ELOOP" ? "outside-the-source" : "unreadable";
  }
};
