import { readdir } from "node:fs/promises";
import { bytesOfName, nameOfBytes } from "@lookalike/shared/domain/image/file-name";
import { type Folder, openBelow, openRoot, type SourcePlace, withPlace } from "@lookalike/shared/sources/folder-handle";
import PQueue from "p-queue";
import { attributesOf } from "./copy-file.ts";
import type { Attributes, ManifestEntry } from "./manifest.ts";
import { statAt } from "./place.ts";
import type { FoundFile } from "./plan-archive.ts";

const FILES_AT_ONCE = 8;

/** The names of regular files in folders below a root, by folder; none in a folder that can't be read. */
export const findNames = async (
  root: SourcePlace,
  folders: Iterable<string>,
): Promise<ReadonlyMap<string, readonly string[]>> => {
  const names = new Map<string, readonly string[]>();
  const queue = new PQueue({ concurrency: FILES_AT_ONCE });
  const top = await openRoot(root);
  try {
    await queue.addAll(
      [...folders].map((folder) => async () => {
        names.set(folder, await namesIn(top, folder).catch(() => []));
      }),
    );
    return names;
  } finally {
    await top.handle.close();
  }
};

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

/** What the disk says of each file below a root, by path; nothing of a file that is missing or behind a link. */
export const findFiles = async (
  root: SourcePlace,
  entries: readonly Pick<ManifestEntry, "path">[],
): Promise<ReadonlyMap<string, FoundFile>> => {
  const found = new Map<string, FoundFile>();
  const queue = new PQueue({ concurrency: FILES_AT_ONCE });
  const folder = await openRoot(root);
  try {
    await queue.addAll(
      entries.map(({ path }) => async () => {
        const file = await findFile(folder, path).catch(() => null);
        if (file !== null) found.set(path, file);
      }),
    );
    return found;
  } finally {
    await folder.handle.close();
  }
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
