import { type Folder, openBelow, withPlace } from "@lookalike/shared/sources/folder-handle";
import { joinPath } from "@lookalike/shared/sources/listed-file";
import { setModified } from "./copy-file.ts";

export type FolderTimes = ReturnType<typeof createFolderTimes>;

/** Gives the folders of a root their times back after files were moved out of them or into them. */
export const createFolderTimes = (root: Folder) => {
  const times = new Map<string, { readonly path: readonly Buffer[]; readonly mtimeNs: string }>();
  return {
    /**
     * Remembers a folder as it is before its first change.
     * @param path its names below the root; none = the root
     * @param mtimeNs the time that a new folder gets; null = the one that it has
     */
    async add(path: readonly Buffer[], { handle }: Folder, mtimeNs: string | null = null): Promise<void> {
      const key = Buffer.concat(path.map((name) => joinPath(name, Buffer.alloc(0)))).toString("latin1");
      if (times.has(key)) return;
      times.set(key, { path, mtimeNs: mtimeNs ?? String((await handle.stat({ bigint: true })).mtimeNs) });
    },
    /** A folder that vanished, or that may not be changed, is passed over: a time is no reason to fail. */
    async giveBack(): Promise<void> {
      for (const { path, mtimeNs } of times.values()) await setFolderTime(root, path, mtimeNs).catch(() => undefined);
      times.clear();
    },
  };
};

const setFolderTime = async (root: Folder, path: readonly Buffer[], mtimeNs: string): Promise<void> => {
  if (path.length === 0) return setTime(root, mtimeNs);
  const folder = await withPlace(
    root,
    Buffer.from(path.map((name) => name.toString("latin1")).join("/"), "latin1"),
    (place) => openBelow(place.folder, place.name),
  );
  await setTime(folder, mtimeNs).finally(() => folder.handle.close());
};

const setTime = async ({ handle }: Folder, mtimeNs: string): Promise<void> => {
  if (String((await handle.stat({ bigint: true })).mtimeNs) !== mtimeNs) await setModified(handle, mtimeNs);
};
