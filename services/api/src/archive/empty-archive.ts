import { bytesOfName } from "@lookalike/shared/domain/image/file-name";
import { sha256Of } from "@lookalike/shared/sources/file-digest";
import { type Folder, openFileAt, type Place, withPlace } from "@lookalike/shared/sources/folder-handle";
import type { Lock } from "@lookalike/shared/store/exclusively";
import { archivedEntries, type Moved, outcomeOf, spareNameOf } from "./archive-files.ts";
import { hasKeeperFile, type Keepers, verifyKeeper, verifyTwin } from "./keepers.ts";
import type { Manifest, ManifestEntry } from "./manifest.ts";
import { removeName } from "./move-file.ts";
import type { OpenArchive } from "./open-archive.ts";
import { MoveRefused, statAt, syncFolder } from "./place.ts";

/** The images that stay in place of an entry's file, where they are by now. */
export type KeepersOf = (entry: ManifestEntry) => Keepers;

/** What emptying an archive would delete. */
export interface EmptyPreview {
  readonly files: number;
  /** Space that the disk gets free. */
  readonly bytes: number;
}

/** The archived files whose keepers have a file. None is read: that is done before each is deleted. */
export const previewEmpty = async (
  archive: OpenArchive,
  manifest: Manifest,
  keepersOf: KeepersOf,
): Promise<EmptyPreview> => {
  let files = 0;
  let bytes = 0;
  for await (const { entry } of archivedEntries(archive, manifest)) {
    if (!(await hasKeeperFile(archive.root, keepersOf(entry)))) continue;
    const stats = await withPlace(archive.files, bytesOfName(entry.path), statAt).catch(() => null);
    if (stats === null) continue;
    files += 1;
    bytes += freedBy(stats);
  }
  return { files, bytes };
};

/**
 * Deletes the archived files for good: each only if it is the file that was archived, and after one of its keepers was
 * read and is as it was.
 */
export async function* emptyFiles(
  archive: OpenArchive,
  manifest: Manifest,
  keepersOf: KeepersOf,
  { requireHeld }: Pick<Lock, "requireHeld">,
): AsyncGenerator<Moved> {
  for await (const { entry, index } of archivedEntries(archive, manifest))
    yield await outcomeOf(entry, () =>
      withPlace(archive.files, bytesOfName(entry.path), (place) =>
        deleteFile(archive.root, place, entry, keepersOf(entry), spareNameOf(archive, index), requireHeld),
      ),
    );
}

const deleteFile = async (
  root: Folder,
  place: Place,
  { sha256, companionOf }: ManifestEntry,
  keepers: Keepers,
  spareName: Buffer,
  requireHeld: Lock["requireHeld"],
): Promise<number> => {
  const file = await openFileAt(place);
  try {
    const stats = await file.stat({ bigint: true });
    const actual = await sha256Of(file);
    if (sha256 !== undefined && actual !== sha256)
      throw new MoveRefused("its bytes are not the ones that were archived");
    if (companionOf === undefined) await verifyKeeper(root, keepers, stats);
    else await verifyTwin(root, keepers, stats, actual);
    await requireHeld();
    await removeName(place, spareName, file, stats);
    await syncFolder(place.folder);
    return freedBy(stats);
  } finally {
    await file.close();
  }
};

/** Blocks are what the disk counts; a file with other names frees none. */
const freedBy = ({ blocks, nlink }: { readonly blocks: bigint; readonly nlink: bigint }): number =>
  nlink > 1n ? 0 : Number(blocks) * 512;
