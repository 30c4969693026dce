import { lstat } from "node:fs/promises";
import { bytesOfName } from "@lookalike/shared/domain/image/file-name";
import { rootBytes } from "@lookalike/shared/domain/primitives/root-path";
import { sha256Of } from "@lookalike/shared/sources/file-digest";
import { openFileBelow } from "@lookalike/shared/sources/folder-handle";
import { isAsListed, joinPath } from "@lookalike/shared/sources/listed-file";
import type { SourceFiles } from "../recognize.ts";

/** The files of a folder, by their paths relative to it. */
export const directoryFiles = (root: string): SourceFiles => ({
  async isStillThere(path, fingerprint) {
    const place = joinPath(rootBytes(root), bytesOfName(path));
    const stats = await lstat(place, { bigint: true }).catch(() => null);
    return stats?.isFile() === true && isAsListed(stats, fingerprint);
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
