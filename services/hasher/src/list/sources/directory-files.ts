import { createHash } from "node:crypto";
import { lstat } from "node:fs/promises";
import { bytesOfName } from "@lookalike/shared/domain/image/file-name";
import { rootBytes } from "@lookalike/shared/domain/primitives/root-path";
import { fileStateOf, fingerprintOf, joinPath } from "@lookalike/shared/sources/listed-file";
import { openListed } from "@lookalike/shared/sources/open-listed";
import type { SourceFiles } from "../recognize.ts";

/** The files of a folder, by their paths relative to it. */
export const directoryFiles = (root: string): SourceFiles => {
  const stateOf = async (path: string): Promise<string | null> => {
    const place = joinPath(rootBytes(root), Buffer.from(bytesOfName(path)));
    return lstat(place, { bigint: true }).then(
      (stats) => (stats.isFile() ? fingerprintOf(stats) : null),
      () => null,
    );
  };
  return {
    async isStillThere(path, fingerprint) {
      const now = fileStateOf((await stateOf(path)) ?? "");
      const before = fileStateOf(fingerprint);
      return now?.size === before?.size && now?.modified === before?.modified && now?.inode === before?.inode;
    },
    async digestOf(path) {
      const fingerprint = await stateOf(path);
      const file = fingerprint === null ? null : await openListed({ root, path, fingerprint });
      if (file === null || "reason" in file) return null;
      const digest = createHash("sha256");
      try {
        for await (const chunk of file.createReadStream()) digest.update(chunk as Buffer);
        return digest.digest("hex");
      } catch {
        return null;
      }
    },
  };
};
