import { readdir } from "node:fs/promises";
import { bytesOfName, nameOfBytes } from "@lookalike/shared/domain/image/file-name";
import { type Folder, openBelow, type SourcePlace, withPlace, withRoot } from "@lookalike/shared/sources/folder-handle";
import pMap from "p-map";
import { attributesOf } from "./copy-file.ts";
import type { Attributes, ManifestEntry } from "./manifest.ts";
import { statAt } from "./place.ts";
import type { FoundFile } from "./plan-archive.ts";

const FILES_AT_ONCE = 8;

/** The names of regular files in folders below a root, by folder; nothing of a folder that can't be read. */
export const findNames = (root: SourcePlace, folders: Iterable<string>): Promise<ReadonlyMap<string, string[]>> =>
  lookUp(root, folders, namesIn);

/** What the disk says of each file below a root, by path; nothing of a file that is missing or behind a link. */
export const findFiles = (
  root: SourcePlace,
  entries: readonly Pick<ManifestEntry, "path">[],
): Promise<ReadonlyMap<string, FoundFile>> =>
  lookUp(
    root,
    entries.map(({ path }) => path),
    findFile,
  );

/** What is found at each path below a root; nothing where that fails. @throws the system's error where the root can't be opened */
const lookUp = <Found>(
  root: SourcePlace,
  paths: Iterable<string>,
  find: (folder: Folder, path: string) => Promise<Found | null>,
): Promise<ReadonlyMap<string, Found>> =>
  withRoot(root, async (folder) => {
    const found = new Map<string, Found>();
    const look = async (path: string): Promise<void> => {
      const at = await find(folder, path).catch(() => null);
      if (at !== null) found.set(path, at);
    };
    await pMap(paths, look, { concurrency: FILES_AT_ONCE });
    return found;
  });

/** @param folder a path with a slash at its end; empty for the root */
const namesIn = async (root: Folder, folder: string): Promise<string[]> => {
  const read = async ({ path }: Folder): Promise<string[]> => {
    const entries = await readdir(Buffer.concat([path, Buffer.from("/.")]), {
      withFileTypes: true,
      encoding: "buffer",
    });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => nameOfBytes(name));
  };
  if (folder === "") return read(root);
  return withPlace(root, bytesOfName(folder.slice(0, -1)), async (place) => {
    const opened = await openBelow(place.folder, place.name);
    return read(opened).finally(() => opened.handle.close());
  });
};

const findFile = (root: Folder, path: string): Promise<FoundFile | null> => {
  const folders: Attributes[] = [];
  return withPlace(
    root,
    bytesOfName(path),
    async (place) => {
      const stats = await statAt(place);
      if (stats === null) return null;
      return {
        file: `${stats.dev}-${stats.ino}`,
        bytes: Number(stats.size),
        names: stats.nlink,
        attributes: attributesOf(stats),
        folders,
      };
    },
    async (above, name) => {
      const next = await openBelow(above, name);
      folders.push(attributesOf(await next.handle.stat({ bigint: true })));
      return next;
    },
  );
};
