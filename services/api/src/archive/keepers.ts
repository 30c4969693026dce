import type { BigIntStats } from "node:fs";
import { bytesOfName } from "@lookalike/shared/domain/image/file-name";
import { sha256Of } from "@lookalike/shared/sources/file-digest";
import { type Folder, openFileAt, withPlace } from "@lookalike/shared/sources/folder-handle";
import type { ManifestEntry } from "./manifest.ts";
import { isSameFile, MoveRefused, statAt } from "./place.ts";

export type Keepers = ManifestEntry["keepers"];

/**
 * Reads the images that stay in place of a file until one is as it was hashed.
 * @param going the file that goes: another name of it is no keeper
 * @throws MoveRefused where there is none
 */
export const verifyKeeper = async (root: Folder, keepers: Keepers, going: BigIntStats): Promise<void> => {
  for (const { path, sha256 } of keepers)
    if (sha256 !== undefined && (await isAsHashed(root, path, sha256, going).catch(() => false))) return;
  throw new MoveRefused("none of the images to keep is there as it was");
};

const isAsHashed = (root: Folder, path: string, sha256: string, going: BigIntStats): Promise<boolean> =>
  withPlace(root, bytesOfName(path), async (place) => {
    const file = await openFileAt(place);
    try {
      const stats = await file.stat({ bigint: true });
      return stats.isFile() && !isSameFile(stats, going) && (await sha256Of(file)) === sha256;
    } finally {
      await file.close();
    }
  });

/** Whether a file has the name of an image that stays. It is not read. */
export const hasKeeperFile = async (root: Folder, keepers: Keepers): Promise<boolean> => {
  for (const keeper of keepers) {
    const stats = await withPlace(root, bytesOfName(keeper.path), statAt).catch(() => null);
    if (stats?.isFile() === true) return true;
  }
  return false;
};
