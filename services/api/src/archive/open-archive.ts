import { readdir, rmdir } from "node:fs/promises";
import {
  type Folder,
  type FolderMode,
  openBelow,
  openOrCreateBelow,
  openRoot,
  pathOf,
  type SourcePlace,
  withPlace,
  withRoot,
} from "@lookalike/shared/sources/folder-handle";
import { ARCHIVE_FOLDER } from "@lookalike/shared/sources/listed-file";
import { attributesOf } from "./copy-file.ts";

/** An archive whose folders are held open. */
export interface OpenArchive {
  readonly id: string;
  /** The catalog's root. */
  readonly root: Folder;
  /** The archive's own folder, with its manifest. */
  readonly folder: Folder;
  /** Where the archived files are. */
  readonly files: Folder;
  /** Owner and mode of the root: what folders of the archive are like where nothing else is known. */
  readonly base: FolderMode;
}

/** Where an archive is: under the catalog's root, or under another folder. */
export interface ArchivePlace {
  readonly id: string;
  readonly root: SourcePlace;
  readonly destination: SourcePlace | null;
}

/**
 * Opens an archive's folders without following links, and works with them.
 * @param create creates them where they are missing
 * @throws ENOENT where a folder is missing, ELOOP where one is a link
 */
export const withArchive = async <Result>(
  { id, root: rootPath, destination }: ArchivePlace,
  work: (archive: OpenArchive) => Promise<Result>,
  create = false,
): Promise<Result> => {
  const opened: Folder[] = [];
  const hold = async (opening: Promise<Folder>): Promise<Folder> => {
    const folder = await opening;
    opened.push(folder);
    return folder;
  };
  try {
    const root = await hold(openRoot(rootPath));
    const base = attributesOf(await root.handle.stat({ bigint: true }));
    // Elsewhere, folders above the root may have closed its files to others: there, those of the archive do.
    const own = destination === null ? base : { ...base, mode: 0o700 };
    const below = (above: Folder, name: string): Promise<Folder> =>
      hold(create ? openOrCreateBelow(above, Buffer.from(name), own) : openBelow(above, Buffer.from(name)));
    const above = destination === null ? root : await hold(openRoot(destination));
    const folder = await below(await below(above, ARCHIVE_FOLDER), id);
    const files = await below(folder, "files");
    return await work({ id, root, folder, files, base });
  } finally {
    for (const { handle } of opened) await handle.close();
  }
};

/** Removes the folders of an archive that could not be begun, as far as they are there and empty. */
export const removeEmptyArchive = ({ id, root, destination }: ArchivePlace): Promise<void> =>
  withRoot(destination ?? root, async (above) => {
    for (const path of [`${ARCHIVE_FOLDER}/${id}/files`, `${ARCHIVE_FOLDER}/${id}`, ARCHIVE_FOLDER])
      await withPlace(above, Buffer.from(path), (place) => rmdir(pathOf(place))).catch(() => undefined);
  });

/** The ids of the archives below a folder; none where it has no folder of archives. @throws ELOOP where that is a link */
export const listArchiveFolders = (above: SourcePlace): Promise<string[]> =>
  withRoot(above, async (folder) => {
    try {
      const archives = await openBelow(folder, Buffer.from(ARCHIVE_FOLDER));
      const names = await readdir(Buffer.concat([archives.path, Buffer.from("/.")])).finally(() =>
        archives.handle.close(),
      );
      return names.filter((name) => UUID.test(name)).sort();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  });
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
