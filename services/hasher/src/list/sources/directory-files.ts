import { bytesOfName } from "@lookalike/shared/domain/image/file-name";
import { sha256Of } from "@lookalike/shared/sources/file-digest";
import { lstatAt, openFileBelow, type SourcePlace, withPlace, withRoot } from "@lookalike/shared/sources/folder-handle";
import { isAsListed } from "@lookalike/shared/sources/listed-file";
import type { SourceFiles } from "../recognize.ts";

/** The files of a folder, by their paths relative to it. */
export const directoryFiles = (root: SourcePlace): SourceFiles => ({
  provesContent: false,
  async isStillThere(path, fingerprint) {
    try {
      // A folder that was moved may have left a link behind: the walk does not follow it, so nothing is there.
      const stats = await withRoot(root, (folder) => withPlace(folder, bytesOfName(path), lstatAt));
      return stats.isFile() && isAsListed(stats, fingerprint);
    } catch {
      return false;
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
