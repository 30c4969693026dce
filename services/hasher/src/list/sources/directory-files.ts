import { lstat } from "node:fs/promises";
import { bytesOfName } from "@lookalike/shared/domain/image/file-name";
import { sha256Of } from "@lookalike/shared/sources/file-digest";
import { openFileBelow, openRoot, pathOf, type SourcePlace, withPlace } from "@lookalike/shared/sources/folder-handle";
import { isAsListed } from "@lookalike/shared/sources/listed-file";
import type { SourceFiles } from "../recognize.ts";

/** The files of a folder, by their paths relative to it. */
export const directoryFiles = (root: SourcePlace): SourceFiles => ({
  provesContent: false,
  async isStillThere(path, fingerprint) {
    const folder = await openRoot(root).catch(() => null);
    if (folder === null) return false;
    try {
      // A folder that was moved may have left a link behind: the walk does not follow it, so nothing is there.
      return await withPlace(folder, bytesOfName(path), async (place) => {
        const stats = await lstat(pathOf(place), { bigint: true });
        return stats.isFile() && isAsListed(stats, fingerprint);
      });
    } catch {
      return false;
    } finally {
      await folder.handle.close();
    }
  },
  async digestOf(path) {
    const file = await openFileBelow(root, bytesOfName(path)).catch(() => null);
    if (file === null) return null;
    try {
      return (await file.stat()).isFile() ? await sha256Of(file) : null;
    } catch {
      return null;
    } finally {
      await file.close();
    }
  },
});
