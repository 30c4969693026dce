import { bytesOfName } from "@lookalike/shared/domain/image/file-name";
import { SourceRefused } from "@lookalike/shared/sources/source-roots";
import { findOrdinals, readNames } from "@lookalike/shared/store/catalog/images";
import type { Lock } from "@lookalike/shared/store/exclusively";
import type { Db } from "@lookalike/shared/store/open";
import { type ArchiveRow, insertRecovered, updateArchive } from "@lookalike/shared/store/review/archives";
import { withdrawDecisions } from "@lookalike/shared/store/review/decisions";
import { archivedEntries, archiveFiles, type Moved, restoreFiles } from "./archive-files.ts";
import { type EmptyPreview, emptyFiles, type KeepersOf, previewEmpty } from "./empty-archive.ts";
import { type Manifest, type ManifestEntry, manifestEntries, readManifest } from "./manifest.ts";
import { type ArchivePlace, type OpenArchive, withArchive } from "./open-archive.ts";
import { MoveRefused } from "./place.ts";
import { folderReasonOf, storable } from "./reason.ts";

/** How far an archive is. */
type Counts = Pick<ArchiveRow, "movedFiles" | "movedBytes" | "freedBytes" | "refusals">;

/** What the row says on the way, and after how many files it is renewed. */
interface Progress {
  readonly intervalFiles: number;
  readonly of: (
    counts: Counts,
  ) => Partial<Pick<ArchiveRow, "movedFiles" | "movedBytes" | "deletedFiles" | "deletedBytes">>;
}

const MOVED: Progress = {
  intervalFiles: 50,
  of: ({ movedFiles, movedBytes }) => ({ movedFiles, movedBytes }),
};

/**
 * What is done to one archive, and recorded in its row: by the connection that holds its lock, so that nothing is recorded
 * once another process may work on it.
 * @param readKey gives the key that signs manifests
 * @param isStopping whether the process stops
 */
export const createArchiveWorks = (readKey: () => Promise<Buffer>, isStopping: () => boolean) => {
  /** Works off the moves of an archive. @returns what was moved, and the files that were left; null when the process stops */
  const moveAll = async (
    lock: Lock,
    id: string,
    moves: AsyncIterable<Moved>,
    before: Counts,
    progress = MOVED,
  ): Promise<(Counts & { readonly leftFiles: number; readonly ordinals: readonly number[] }) | null> => {
    const ordinals: number[] = [];
    const counts = { ...before, refusals: [...before.refusals], leftFiles: before.refusals.length, ordinals };
    let files = 0;
    for await (const moved of moves) {
      if (moved.kind === "moved") {
        counts.movedFiles += 1;
        if (moved.entry.ordinal !== undefined) ordinals.push(moved.entry.ordinal);
        counts.movedBytes += moved.entry.bytes;
        counts.freedBytes += moved.freedBytes;
        if (moved.remark !== null) counts.refusals.push(storable({ path: moved.entry.path, reason: moved.remark }));
      } else {
        counts.refusals.push(storable(moved.refusal));
        counts.leftFiles += 1;
      }
      files += 1;
      if (files % progress.intervalFiles === 0) await updateArchive(lock.db, id, progress.of(counts));
      if (isStopping()) return null;
    }
    return counts;
  };

  const openManifest = async (row: ArchiveRow, { folder }: OpenArchive) => {
    const manifest = await readManifest(folder, await readKey(), row.manifestDigest);
    // Only a restore loses nothing by a manifest that is not ours.
    const isConfirmed = row.manifestConfirmed && row.state === "restoring";
    if (manifest.problem !== null && !isConfirmed)
      throw new MoveRefused(`the manifest is not trusted: ${manifest.problem}`);
    return manifest;
  };

  const archiveOne = async (row: ArchiveRow, archive: OpenArchive, lock: Lock): Promise<void> => {
    const before = { movedFiles: 0, movedBytes: 0, freedBytes: 0, refusals: row.refusals };
    const manifest = await openManifest(row, archive);
    const counts = await moveAll(lock, row.id, archiveFiles(archive, manifest, lock), before);
    if (counts === null) return;
    const { movedFiles, movedBytes, freedBytes, refusals } = counts;
    const ordinals = [...counts.ordinals];
    const archived = { archivedFiles: movedFiles, archivedBytes: movedBytes };
    const done = { movedFiles, movedBytes, freedBytes, refusals, ordinals, ...archived };
    await updateArchive(lock.db, row.id, { state: "archived", ...done });
  };

  /** The images of entries. Another installation's ordinals are of other images, so its entries are found by their paths. */
  const ordinalsOf = async (
    db: Db,
    { catalogId, ordinals: known }: ArchiveRow,
    entries: readonly ManifestEntry[],
  ): Promise<ReadonlySet<number>> => {
    if (known.length > 0) return new Set(entries.flatMap(({ ordinal }) => ordinal ?? []));
    return new Set(
      await findOrdinals(
        db,
        catalogId,
        entries.map(({ path }) => bytesOfName(path)),
      ),
    );
  };

  /** The decisions are taken back first: at no moment does a restored file look as if it may go. */
  const restoreOne = async (row: ArchiveRow, archive: OpenArchive, lock: Lock): Promise<void> => {
    const manifest = await openManifest(row, archive);
    const entries: ManifestEntry[] = [];
    for await (const { entry } of archivedEntries(archive, manifest)) entries.push(entry);
    const files = entries.length;
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
    const archived = await ordinalsOf(lock.db, row, entries);
    const withdrawn = await withdrawDecisions(lock.db, row.catalogId, archived, `restore ${row.id}`);
    const withdrawnDecisions = row.withdrawnDecisions + withdrawn;
    await updateArchive(lock.db, row.id, { withdrawnDecisions });
    const counts = await moveAll(lock, row.id, restoreFiles(archive, manifest, lock), {
      movedFiles: Math.max(0, (row.archivedFiles ?? files) - row.deletedFiles - files),
      movedBytes: Math.max(0, (row.archivedBytes ?? bytes) - bytes),
      freedBytes: 0,
      refusals: [],
    });
    if (counts === null) return;
    const { movedFiles, movedBytes, refusals, leftFiles } = counts;
    const state = leftFiles === 0 ? "restored" : "partly-restored";
    const freedBytes = state === "restored" ? 0 : Math.max(0, row.freedBytes - movedBytes);
    const restored = new Set(counts.ordinals);
    const ordinals = row.ordinals.filter((ordinal) => !restored.has(ordinal));
    await updateArchive(lock.db, row.id, { state, movedFiles, movedBytes, freedBytes, refusals, ordinals });
  };

  /** Looked up once for all entries: keepers may have been renamed since the manifest was written. */
  const keepersNow = async (db: Db, catalogId: string, manifest: Manifest): Promise<KeepersOf> => {
    const ordinals = new Set<number>();
    for (const entry of manifestEntries(manifest))
      if (!("reason" in entry))
        for (const { ordinal } of entry.keepers) if (ordinal !== undefined) ordinals.add(ordinal);
    const names = await readNames(db, catalogId, Uint32Array.from(ordinals));
    const pathOf = new Map(names.map(({ ordinal, path }) => [ordinal, path]));
    return ({ keepers }) =>
      keepers.flatMap((keeper) => {
        const path = keeper.ordinal === undefined ? undefined : pathOf.get(keeper.ordinal);
        return path === undefined || path === keeper.path ? [keeper] : [keeper, { ...keeper, path }];
      });
  };

  const emptyOne = async (row: ArchiveRow, archive: OpenArchive, lock: Lock): Promise<void> => {
    const manifest = await openManifest(row, archive);
    const deletions = emptyFiles(archive, manifest, await keepersNow(lock.db, row.catalogId, manifest), lock);
    const deleted: Progress = {
      // What is deleted can't be counted afterwards.
      intervalFiles: 1,
      of: ({ movedFiles, freedBytes }) => ({
        deletedFiles: row.deletedFiles + movedFiles,
        deletedBytes: row.deletedBytes + freedBytes,
      }),
    };
    const none = { movedFiles: 0, movedBytes: 0, freedBytes: 0, refusals: [] };
    const counts = await moveAll(lock, row.id, deletions, none, deleted);
    if (counts === null) return;
    const { refusals } = counts;
    const state = refusals.length === 0 ? "emptied" : "archived";
    await updateArchive(lock.db, row.id, { state, ...deleted.of(counts), refusals });
  };

  const workOn = (row: ArchiveRow, archive: OpenArchive, lock: Lock): Promise<void> => {
    switch (row.state) {
      case "archiving":
        return archiveOne(row, archive, lock);
      case "restoring":
        return restoreOne(row, archive, lock);
      case "emptying":
        return emptyOne(row, archive, lock);
      default:
        throw new Error(`archive ${row.id} is ${row.state}: there is nothing to do`);
    }
  };

  return {
    /** Moves or deletes an archive's files, as its state says. @param find where the archive is */
    async workOff(row: ArchiveRow, find: () => Promise<ArchivePlace>, lock: Lock): Promise<void> {
      try {
        await withArchive(await find(), (archive) => workOn(row, archive, lock));
      } catch (error) {
        // Only what the disk says ends the work, or that the folder is not the tenant's; after any other error it is continued later.
        const isOver = error instanceof MoveRefused || error instanceof SourceRefused;
        if (!isOver && (error as NodeJS.ErrnoException).syscall === undefined) throw error;
        const refusal = storable({ path: row.folder, reason: folderReasonOf(error) });
        const refusals = row.state === "archiving" ? [...row.refusals, refusal] : [refusal];
        await updateArchive(lock.db, row.id, {
          state: row.state === "restoring" ? "partly-restored" : "archived",
          refusals,
        });
      }
    },
    /** Stores an archive that no row is about; null where it is known, or has no files (any more). */
    async recover(
      db: Db,
      catalogId: string,
      place: ArchivePlace,
      folder: string,
      destination: string | null,
    ): Promise<ArchiveRow | null> {
      const found = await withArchive(place, async (archive) => {
        const manifest = await readManifest(archive.folder, await readKey(), null);
        let files = 0;
        let bytes = 0;
        for await (const { entry } of archivedEntries(archive, manifest)) {
          files += 1;
          bytes += entry.bytes;
        }
        return { digest: manifest.isSigned ? manifest.digest : null, lines: manifest.lines.length, files, bytes };
      }).catch(() => null);
      if (found === null || found.files === 0) return null;
      return insertRecovered(db, {
        id: place.id,
        catalogId,
        folder,
        destination,
        manifestDigest: found.digest,
        totalFiles: found.lines,
        movedFiles: found.files,
        movedBytes: found.bytes,
        archivedFiles: found.files,
        archivedBytes: found.bytes,
      });
    },
    /** Why an archive's manifest is not trusted; null = it is. */
    manifestProblem: (row: ArchiveRow, place: ArchivePlace): Promise<string | null> =>
      withArchive(place, async ({ folder }) => {
        const manifest = await readManifest(folder, await readKey(), row.manifestDigest);
        return manifest.problem;
      }),
    previewEmpty: (db: Db, row: ArchiveRow, place: ArchivePlace): Promise<EmptyPreview> =>
      withArchive(place, async (archive) => {
        const manifest = await openManifest(row, archive);
        return previewEmpty(archive, manifest, await keepersNow(db, row.catalogId, manifest));
      }),
  };
};
