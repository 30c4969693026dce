import type { BigIntStats } from "node:fs";
import { isRecording } from "@lookalike/shared/domain/image/companions";
import { bytesOfName } from "@lookalike/shared/domain/image/file-name";
import { sha256Of } from "@lookalike/shared/sources/file-digest";
import { type Folder, openFileAt, withPlace } from "@lookalike/shared/sources/folder-handle";
import type { ManifestEntry } from "./manifest.ts";
import { isSameFile, MoveRefused, statAt } from "./place.ts";
import { NO_TWIN } from "./plan-companions.ts";

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

/**
 * A companion goes after its pictures, and a recording only while an equal file is beside a picture that stays.
 * @param sha256 its own, in hexadecimal
 * @throws MoveRefused where it stays
 */
export const verifyCompanion = async (
  root: Folder,
  { path, companionOf = [], keepers }: ManifestEntry,
  going: BigIntStats,
  sha256: string,
): Promise<void> => {
  await requireMissing(root, companionOf, "its picture stays");
  if (isRecording(path)) await verifyTwin(root, keepers, going, sha256);
};

/** @throws MoveRefused where no file beside a picture that stays is equal to a companion */
export const verifyTwin = (root: Folder, keepers: Keepers, going: BigIntStats, sha256: string): Promise<void> => {
  const equal = keepers.map(({ path }) => ({ path, sha256 }));
  return verifyKeeper(root, equal, going).catch(() => {
    throw new MoveRefused(NO_TWIN);
  });
};

/** @throws MoveRefused with the reason where one of the paths has a file below the folder */
export const requireMissing = async (folder: Folder, paths: readonly string[], reason: string): Promise<void> => {
  for (const path of paths)
    if ((await withPlace(folder, bytesOfName(path), statAt).catch(() => null)) !== null) throw new MoveRefused(reason);
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
