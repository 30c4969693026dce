import type { BigIntStats } from "node:fs";
import { bytesOfName } from "@lookalike/shared/domain/image/file-name";
import {
  type Folder,
  openBelow,
  openOrCreateBelow,
  type Place,
  withPlace,
} from "@lookalike/shared/sources/folder-handle";
import { type Lock, LockLostError } from "@lookalike/shared/store/exclusively";
import { attributesOf } from "./copy-file.ts";
import { createFolderTimes, type FolderTimes } from "./folder-times.ts";
import { requireMissing, verifyCompanion, verifyKeeper } from "./keepers.ts";
import { type Attributes, type ManifestEntry, type ManifestLines, manifestEntries, type Refusal } from "./manifest.ts";
import { type Move, moveFile, putBack } from "./move-file.ts";
import type { OpenArchive } from "./open-archive.ts";
import { statAt } from "./place.ts";
import { reasonOf } from "./reason.ts";

/** What became of a line of a manifest. */
export type Moved =
  | {
      readonly kind: "moved";
      readonly entry: ManifestEntry;
      readonly freedBytes: number;
      /** What the file lost on the way; null = nothing. */
      readonly remark: string | null;
    }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** Moves the manifest's files into the archive. After a crash, a second call continues the first one. */
export async function* archiveFiles(
  archive: OpenArchive,
  manifest: ManifestLines,
  { requireHeld }: Pick<Lock, "requireHeld">,
): AsyncGenerator<Moved> {
  const { root, files, base } = archive;
  const times = createFolderTimes(root);
  const moveInto = (entry: ManifestEntry, from: Place, to: Place, spareName: Buffer): Promise<number> => {
    const move = { from, to, sha256: entry.sha256 ?? null, spareName, attributes: null, requireHeld };
    const verify = (stats: BigIntStats, sha256: string): Promise<void> =>
      entry.companionOf === undefined
        ? verifyKeeper(root, entry.keepers, stats)
        : verifyCompanion(root, entry, stats, sha256);
    return withTwin(files, entry, (twin) => moveFile({ ...move, twin }, verify));
  };
  try {
    await times.add([], root);
    const { dev: disk } = await root.handle.stat({ bigint: true });
    for (const [index, entry] of [...manifestEntries(manifest)].entries()) {
      if ("reason" in entry) {
        yield { kind: "refused", refusal: entry };
        continue;
      }
      const path = bytesOfName(entry.path);
      const archiveOne = async (from: Place): Promise<number> => {
        await putBack(from, spareNameOf(archive, index));
        const isThere = (await statAt(from)) !== null;
        return withPlace(
          files,
          path,
          async (to) => {
            const archived = isThere ? null : await statAt(to);
            // A crash interrupted an earlier run after this move.
            if (archived !== null) return archived.dev === disk ? 0 : Number(archived.blocks) * 512;
            return moveInto(entry, from, to, spareNameOf(archive, index));
          },
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
export async function* restoreFiles(
  archive: OpenArchive,
  manifest: ManifestLines,
  { requireHeld }: Pick<Lock, "requireHeld">,
): AsyncGenerator<Moved> {
  const { root, files, base } = archive;
  const times = createFolderTimes(root);
  const moveBack = (entry: ManifestEntry, from: Place, to: Place, spareName: Buffer): Promise<number> => {
    const { sha256 = null, attributes = null, companionOf = [] } = entry;
    const verify = () => requireMissing(files, companionOf, "its picture is not back");
    const move = { from, to, sha256, spareName, attributes, requireHeld };
    return withTwin(root, entry, (twin) => moveFile({ ...move, twin }, verify));
  };
  try {
    await times.add([], root);
    for (const [index, entry] of [...manifestEntries(manifest)].entries()) {
      if ("reason" in entry) {
        yield { kind: "refused", refusal: entry };
        continue;
      }
      const path = bytesOfName(entry.path);
      const spareName = spareNameOf(archive, index);
      if (!(await isArchived(archive, entry, index))) continue;
      const create = async (above: Folder, name: Buffer, folders: readonly Buffer[]): Promise<Folder> => {
        const attributes = entry.folders?.[folders.length - 1];
        const folder = await openOrCreateBelow(above, name, attributes ?? base);
        await times.add(folders, folder, folder.isNew ? (attributes?.mtimeNs ?? null) : null);
        return folder;
      };
      let remark: string | null = null;
      const outcome = await outcomeOf(entry, () =>
        withPlace(files, path, (from) =>
          withPlace(
            root,
            path,
            async (to) => {
              const freedBytes = await moveBack(entry, from, to, spareName);
              remark = await remarkOn(to, entry.attributes);
              return freedBytes;
            },
            create,
          ),
        ),
      );
      yield outcome.kind === "moved" ? { ...outcome, remark } : outcome;
    }
  } finally {
    await times.giveBack();
  }
}

/** What a restored file has not got back: another file system may not hold it. */
const remarkOn = async (place: Place, expected: Attributes | undefined): Promise<string | null> => {
  const stats = await statAt(place);
  if (stats === null || expected === undefined) return null;
  const actual = attributesOf(stats);
  const lost = [
    actual.uid === expected.uid && actual.gid === expected.gid ? [] : ["owner"],
    actual.mode === expected.mode ? [] : ["mode"],
    actual.mtimeNs === expected.mtimeNs ? [] : ["time"],
  ].flat();
  return lost.length === 0
    ? null
    : `restored, but its ${lost.join(" and ")} ${lost.length === 1 ? "is" : "are"} not what it was`;
};

/** The entries whose files are in the archive, with the numbers of their lines. */
export async function* archivedEntries(
  archive: OpenArchive,
  manifest: ManifestLines,
): AsyncGenerator<{ readonly entry: ManifestEntry; readonly index: number }> {
  for (const [index, entry] of [...manifestEntries(manifest)].entries())
    if (!("reason" in entry) && (await isArchived(archive, entry, index))) yield { entry, index };
}

/** Whether the archive has an entry's file; otherwise it was never moved, or is back already. */
const isArchived = (archive: OpenArchive, entry: ManifestEntry, index: number): Promise<boolean> =>
  withPlace(archive.files, bytesOfName(entry.path), async (place) => {
    await putBack(place, spareNameOf(archive, index));
    return (await statAt(place)) !== null;
  }).catch(
    // Whatever else is wrong is the reason why it can't be moved.
    (error: NodeJS.ErrnoException) => error.code !== "ENOENT",
  );

/** Short enough for every file system, whatever the file's name, and the same after a crash. */
export const spareNameOf = ({ id }: OpenArchive, index: number): Buffer =>
  Buffer.from(`.lookalike-${id.slice(0, 8)}-${index}`);

/** The outcome of moving or deleting an entry's file. @param move returns the bytes that it freed @throws LockLostError */
export const outcomeOf = async (entry: ManifestEntry, move: () => Promise<number>): Promise<Moved> => {
  try {
    return { kind: "moved", entry, freedBytes: await move(), remark: null };
  } catch (error) {
    if (error instanceof LockLostError) throw error;
    return { kind: "refused", refusal: { path: entry.path, reason: reasonOf(error) } };
  }
};

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
    return await withPlace(root, bytesOfName(path), async ({ folder, name }) => ({
      folder: await openBelow(folder, Buffer.from(".")),
      name,
    }));
  } catch {
    return null;
  }
};
