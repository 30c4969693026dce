import { opendir } from "node:fs/promises";
import { posix } from "node:path";
import { nameOfBytes } from "../domain/image/file-name.ts";
import { rootBytes, rootOfBytes } from "../domain/primitives/root-path.ts";
import type { AllowedSources } from "./allowed-sources.ts";
import { type Folder, type SourcePlace, withRoot } from "./folder-handle.ts";
import { pathOfPlace, placeOf, requirePlace, SourceRefused } from "./source-roots.ts";

/** A folder that a source may be in. */
export interface SourceFolder {
  /** Its last name, to show. */
  readonly name: string;
  /** What a source's root is called: an absolute path, or a file URL where that is not UTF-8. */
  readonly path: string;
}

/** The folders in a folder of a tenant, by name. */
export interface FolderList {
  /** null: these are the tenant's own roots. */
  readonly path: string | null;
  /** The folder above; null where that is not the tenant's, or for the list of roots. */
  readonly parent: string | null;
  readonly items: SourceFolder[];
  /** False where there are more folders than a list has. */
  readonly isComplete: boolean;
}

const MAX_FOLDERS = 2_000;
/** Names that are read of one folder, so that one of millions takes neither memory nor minutes. */
const MAX_NAMES = 200_000;

/** The tenant's roots that are folders and can be opened now: a disk may be away. */
export const listRoots = async (tenant: string, allowed: AllowedSources): Promise<FolderList> => {
  const own = allowed.roots.filter((root) => root.tenant === tenant).map(({ root }) => root);
  const opened = await Promise.all(
    own.map((root) =>
      placeOf(root, tenant, allowed)
        .then((place) => withRoot(place, async () => [root]))
        .catch(() => []),
    ),
  );
  const items = [...new Set(opened.flat())].map((path) => ({ name: path, path }));
  return { path: null, parent: null, items, isComplete: true };
};

/**
 * The folders in a folder, without links and hidden ones.
 * @throws SourceRefused where the folder is not the tenant's, or nobody can read it
 */
export const listFolders = async (path: string, tenant: string, allowed: AllowedSources): Promise<FolderList> => {
  const place = await requirePlace(path, tenant, allowed);
  const { names, isWhole } = await withRoot(place, foldersIn).catch(() => {
    throw new SourceRefused(`${path}: not a folder that can be read`);
  });
  const items = names
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
    .slice(0, MAX_FOLDERS)
    .map((name) => ({ name: name.toWellFormed(), path: pathOfPlace(below(place, name)) }));
  const own = pathOfPlace(place);
  const parent = await parentOf(own, tenant, allowed);
  return { path: own, parent, items, isComplete: isWhole && items.length === names.length };
};

/** The names of the folders in an open one. @returns isWhole: false where it has too many names to read them all */
const foldersIn = async (folder: Folder): Promise<{ names: string[]; isWhole: boolean }> => {
  const names: string[] = [];
  let read = 0;
  // In Latin-1 each byte of a name is one character.
  for await (const entry of await opendir(folder.path.toString(), { encoding: "latin1", bufferSize: 1_000 })) {
    read += 1;
    if (read > MAX_NAMES) return { names, isWhole: false };
    if (entry.isDirectory() && !entry.name.startsWith(".")) names.push(nameOfBytes(Buffer.from(entry.name, "latin1")));
  }
  return { names, isWhole: true };
};

const below = (place: SourcePlace, name: string): SourcePlace => ({
  ...place,
  below: place.below === "" ? name : `${place.below}/${name}`,
});

/** The folder above, where a source of the tenant may be in it, too. */
const parentOf = async (path: string, tenant: string, allowed: AllowedSources): Promise<string | null> => {
  const above = posix.dirname(rootBytes(path).toString("latin1"));
  const parent = rootOfBytes(Buffer.from(above, "latin1"));
  return parent === path ? null : placeOf(parent, tenant, allowed).then(pathOfPlace, () => null);
};
