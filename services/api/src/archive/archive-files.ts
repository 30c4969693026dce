import type { BigIntStats } from "node:fs";
import { bytesOfName } from "@lookalike/shared/domain/image/file-name";
import {
  type Folder,
  openBelow,
  openFileAt,
  openOrCreateBelow,
  type Place,
  withPlace,
} from "@lookalike/shared/sources/folder-handle";
import { createFolderTimes, type FolderTimes } from "./folder-times.ts";
import { type Manifest, type ManifestEntry, manifestEntries, type Refusal } from "./manifest.ts";
import { type Move, moveFile, putBack } from "./move-file.ts";
import type { OpenArchive } from "./open-archive.ts";
import { isSameFile, MoveRefused, sha256Of, statAt } from "./place.ts";
import { reasonOf } from "./reason.ts";

/** What became of a line of a manifest. */
export type Moved =
  | { readonly kind: "moved"; readonly entry: ManifestEntry; readonly freedBytes: number }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** Moves the manifest's files into the archive. After a crash, a second call continues the first one. */
export async function* archiveFiles(archive: OpenArchive, manifest: Manifest): AsyncGenerator<Moved> {
  const { root, files, base } = archive;
  const times = createFolderTimes(root);
  const moveInto = (entry: ManifestEntry, from: Place, to: Place, spareName: Buffer): Promise<number> => {
    const move = { from, to, sha256: entry.sha256, spareName, attributes: null };
    return withTwin(files, entry, (twin) => moveFile({ ...move, twin }, (stats) => verifyKeeper(root, entry, stats)));
  };
  try {
    await times.add([], root);
    for (const [index, entry] of [...manifestEntries(manifest)].entries()) {
      if ("reason" in entry) {
        yield { kind: "refused", refusal: entry };
        continue;
      }
      const path = pathBytes(entry);
      const archiveOne = async (from: Place): Promise<number> => {
        await putBack(from, spareNameOf(archive, index));
        const isThere = (await statAt(from)) !== null;
        return withPlace(
          files,
          path,
          async (to) =>
            !isThere && (await statAt(to)) !== null ? 0 : moveInto(entry, from, to, spareNameOf(archive, index)),
          (above, name, { length }) => openOrCreateBelow(above, name, entry.folders?.[length - 1] ?? base),
        );
      };
      yield await outcomeOf(entry, () => withPlace(root, path, archiveOne, observed(times)));
    }
  } finally {
    await times.giveBack();
  }
}

/** Moves the archive's files back. After a crash, or when what prevented it is gone, a second call continues the first one. */
export async function* restoreFiles(archive: OpenArchive, manifest: Manifest): AsyncGenerator<Moved> {
  const { root, files, base } = archive;
  const times = createFolderTimes(root);
  const moveBack = (entry: ManifestEntry, from: Place, to: Place, spareName: Buffer): Promise<number> => {
    const move = { from, to, sha256: entry.sha256, spareName, attributes: entry.attributes ?? null };
    return withTwin(root, entry, (twin) => moveFile({ ...move, twin }, async () => undefined));
  };
  try {
    await times.add([], root);
    for (const [index, entry] of [...manifestEntries(manifest)].entries()) {
      if ("reason" in entry) {
        yield { kind: "refused", refusal: entry };
        continue;
      }
      const path = pathBytes(entry);
      const spareName = spareNameOf(archive, index);
      if (!(await isArchived(archive, entry, index))) continue;
      const create = async (above: Folder, name: Buffer, folders: readonly Buffer[]): Promise<Folder> => {
        const attributes = entry.folders?.[folders.length - 1];
        const folder = await openOrCreateBelow(above, name, attributes ?? base);
        await times.add(folders, folder, folder.isNew ? (attributes?.mtimeNs ?? null) : null);
        return folder;
      };
      yield await outcomeOf(entry, () =>
        withPlace(files, path, (from) => withPlace(root, path, (to) => moveBack(entry, from, to, spareName), create)),
      );
    }
  } finally {
    await times.giveBack();
  }
}

/** The entries whose files are in the archive. */
export async function* archivedEntries(archive: OpenArchive, manifest: Manifest): AsyncGenerator<ManifestEntry> {
  for (const [index, entry] of [...manifestEntries(manifest)].entries())
    if (!("reason" in entry) && (await isArchived(archive, entry, index))) yield entry;
}

/** Whether the archive has an entry's file; otherwise it was never moved, or is back already. */
const isArchived = (archive: OpenArchive, entry: ManifestEntry, index: number): Promise<boolean> =>
  withPlace(archive.files, pathBytes(entry), async (place) => {
    await putBack(place, spareNameOf(archive, index));
    return (await statAt(place)) !== null;
  }).catch(
    // Whatever else is wrong is the reason why it can't be moved.
    (error: NodeJS.ErrnoException) => error.code !== "ENOENT",
  );

const pathBytes = ({ path }: Pick<ManifestEntry, "path">): Buffer => Buffer.from(bytesOfName(path));

/** Short enough for every file system, whatever the file's name, and the same after a crash. */
const spareNameOf = ({ id }: OpenArchive, index: number): Buffer =>
  Buffer.from(`.lookalike-${id.slice(0, 8)}-${index}`);

const outcomeOf = async (entry: ManifestEntry, move: () => Promise<number>): Promise<Moved> =>
  move().then(
    (freedBytes) => ({ kind: "moved", entry, freedBytes }),
    (error: unknown) => ({ kind: "refused", refusal: { path: entry.path, reason: reasonOf(error) } }),
  );

const observed =
  (times: FolderTimes) =>
  async (above: Folder, name: Buffer, path: readonly Buffer[]): Promise<Folder> => {
    const folder = await openBelow(above, name);
    await times.add(path, folder);
    return folder;
  };

/** Works with the place that another name of the entry's file was moved to; null where it has none. */
const withTwin = async (
  folder: Folder,
  { linkOf }: ManifestEntry,
  work: (twin: Move["twin"]) => Promise<number>,
): Promise<number> => {
  if (linkOf === undefined) return work(null);
  const twin = await findPlace(folder, linkOf);
  if (twin === null) return work(null);
  return work(twin).finally(() => twin.folder.handle.close());
};

/** The place of a path whose folders exist; null where they do not. The caller closes its folder. */
const findPlace = async (root: Folder, path: string): Promise<Place | null> => {
  try {
    return await withPlace(root, pathBytes({ path }), async ({ folder, name }) => ({
      folder: await openBelow(folder, Buffer.from(".")),
      name,
    }));
  } catch {
    return null;
  }
};

/** @throws MoveRefused where no image that stays has the bytes that were hashed, in another file than the one that goes */
const verifyKeeper = async (root: Folder, { keepers }: ManifestEntry, going: BigIntStats): Promise<void> => {
  for (const { path, sha256 } of keepers)
    if (sha256 !== undefined && (await isAsHashed(root, path, sha256, going).catch(() => false))) return;
  throw new MoveRefused("none of the images to keep is there as it was");
};

const isAsHashed = (root: Folder, path: string, sha256: string, going: BigIntStats): Promise<boolean> =>
  withPlace(root, pathBytes({ path }), async (place) => {
    const file = await openFileAt(place);
    try {
      const stats = await file.stat({ bigint: true });
      return stats.isFile() && !isSameFile(stats, going) && (await sha256Of(file)) === sha256;
    } finally {
      await file.close();
    }
  });
