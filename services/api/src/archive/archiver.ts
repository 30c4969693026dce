import { randomUUID } from "node:crypto";
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import type { Source } from "@lookalike/shared/domain/job/source";
import { messageOf } from "@lookalike/shared/runtime/errors";
import type { Logger } from "@lookalike/shared/runtime/log";
import { ARCHIVE_FOLDER } from "@lookalike/shared/sources/listed-file";
import type { CatalogRow } from "@lookalike/shared/store/catalog/catalogs";
import { findImages } from "@lookalike/shared/store/catalog/images";
import type { Store } from "@lookalike/shared/store/open";
import {
  type ArchiveRow,
  insertArchive,
  manifestKey,
  startRestore,
  unfinishedArchives,
  updateArchive,
} from "@lookalike/shared/store/review/archives";
import { readDecisions, withdrawDecisions } from "@lookalike/shared/store/review/decisions";
import { conflict } from "../http/problems.ts";
import { archivedEntries, archiveFiles, type Moved, restoreFiles } from "./archive-files.ts";
import { findFiles } from "./find-files.ts";
import { type Refusal, readManifest, writeManifest } from "./manifest.ts";
import { type OpenArchive, withArchive } from "./open-archive.ts";
import { MoveRefused } from "./place.ts";
import { type ArchivePlan, addFound, planArchive } from "./plan-archive.ts";
import { reasonOf } from "./reason.ts";

const REPORT_INTERVAL_FILES = 50;

export type Archiver = ReturnType<typeof createArchiver>;

/** Moves files in the background, and continues the archives that a crash interrupted. */
export const createArchiver = (store: Store, log: Logger) => {
  const { db } = store;
  let stopping = false;
  let working: Promise<void> = Promise.resolve();

  /** Works off the moves of an archive. @returns what was moved, and the files that were left; null when the process stops */
  const workOff = async (id: string, moves: AsyncIterable<Moved>, before: Counts): Promise<Counts | null> => {
    const counts = { ...before, refusals: [...before.refusals] };
    let files = 0;
    for await (const moved of moves) {
      if (moved.kind === "moved") {
        counts.movedFiles += 1;
        counts.movedBytes += moved.entry.bytes;
        counts.freedBytes += moved.freedBytes;
      } else counts.refusals.push(storable(moved.refusal));
      files += 1;
      if (stopping) return null;
      if (files % REPORT_INTERVAL_FILES === 0)
        await updateArchive(db, id, { movedFiles: counts.movedFiles, movedBytes: counts.movedBytes });
    }
    return counts;
  };

  const openManifest = async (row: ArchiveRow, { folder }: OpenArchive) => {
    const manifest = await readManifest(folder, await manifestKey(db), row.manifestDigest);
    if (manifest.problem !== null && !row.manifestConfirmed)
      throw new MoveRefused(`the manifest is not trusted: ${manifest.problem}`);
    return manifest;
  };

  const archiveOne = async (row: ArchiveRow, archive: OpenArchive): Promise<void> => {
    const before = { movedFiles: 0, movedBytes: 0, freedBytes: 0, refusals: row.refusals };
    const counts = await workOff(row.id, archiveFiles(archive, await openManifest(row, archive)), before);
    if (counts === null) return;
    const { movedFiles: archivedFiles, movedBytes: archivedBytes } = counts;
    await updateArchive(db, row.id, { ...counts, state: "archived", archivedFiles, archivedBytes });
  };

  /** The decisions are taken back first: at no moment does a restored file look as if it may go. */
  const restoreOne = async (row: ArchiveRow, archive: OpenArchive): Promise<void> => {
    const manifest = await openManifest(row, archive);
    const ordinals = new Set<number>();
    let files = 0;
    let bytes = 0;
    for await (const entry of archivedEntries(archive, manifest)) {
      if (entry.ordinal !== undefined) ordinals.add(entry.ordinal);
      files += 1;
      bytes += entry.bytes;
    }
    const withdrawn = await withdrawDecisions(db, row.catalogId, ordinals, `restore ${row.id}`);
    const withdrawnDecisions = row.withdrawnDecisions + withdrawn;
    await updateArchive(db, row.id, { withdrawnDecisions });
    const counts = await workOff(row.id, restoreFiles(archive, manifest), {
      movedFiles: Math.max(0, (row.archivedFiles ?? files) - row.deletedFiles - files),
      movedBytes: Math.max(0, (row.archivedBytes ?? bytes) - bytes),
      freedBytes: 0,
      refusals: [],
    });
    if (counts === null) return;
    const { movedFiles, movedBytes, refusals } = counts;
    const state = refusals.length === 0 ? "restored" : "partly-restored";
    await updateArchive(db, row.id, { state, movedFiles, movedBytes, refusals });
  };

  const work = async (row: ArchiveRow, root: string): Promise<void> => {
    const { id, state, destination, folder } = row;
    const isArchiving = state === "archiving";
    try {
      await withArchive({ id, root, destination }, (archive) =>
        isArchiving ? archiveOne(row, archive) : restoreOne(row, archive),
      );
    } catch (error) {
      // Only what the disk says ends the work; after any other error the next start continues it.
      if (!(error instanceof MoveRefused) && (error as NodeJS.ErrnoException).syscall === undefined) throw error;
      const refusals = [
        ...(isArchiving ? row.refusals : []),
        storable({ path: folder, reason: folderReasonOf(error) }),
      ];
      await updateArchive(db, id, { state: isArchiving ? "archived" : "partly-restored", refusals });
    }
    log.info({ archive: id, state }, "archive worked off");
  };

  const workOnAll = async (): Promise<void> => {
    for (const { archive, source } of await unfinishedArchives(db)) {
      if (stopping) return;
      await store
        .exclusively(`lookalike:archive:${archive.id}`, () => work(archive, movableRoot(source)))
        .catch((error: unknown) => log.error({ archive: archive.id, err: messageOf(error) }, "archive failed"));
    }
  };
  /** Continues every unfinished archive, also those that other processes started. */
  const resume = (): void => {
    working = working.then(workOnAll).catch((error: unknown) => log.error({ err: messageOf(error) }, "archives"));
  };

  /** What the decisions of a catalog let go. @throws HttpProblem 409 when that is nothing */
  const plan = async (catalog: CatalogRow, root: string): Promise<ArchivePlan> => {
    const decisions = await readDecisions(db, catalog.id);
    const ordinals = [...new Set(decisions.flatMap(({ members }) => members))];
    const images = new Map((await findImages(db, catalog, ordinals)).map((image) => [image.ordinal, image]));
    const planned = planArchive(decisions, images);
    const found = await findFiles(root, planned.entries).catch((error: unknown) => {
      throw conflict("read-only", `${root} can't be read: ${folderReasonOf(error)}. Nothing was moved.`);
    });
    const { entries, refusals } = addFound(planned, found);
    if (entries.length > 0) return { entries, refusals };
    throw conflict(
      "nothing-to-archive",
      refusals[0] === undefined
        ? "No decision lets a file go that is still there. Decide on groups first."
        : `${refusals[0].path}: ${refusals[0].reason}.`.toWellFormed(),
    );
  };

  return {
    resume,
    /** Writes the manifest and starts to move. @throws HttpProblem 409 when there is nothing to move */
    async archive(catalog: CatalogRow): Promise<ArchiveRow> {
      const root = movableRoot(catalog.source);
      const { entries, refusals } = await plan(catalog, root);
      const id = randomUUID();
      const folder = join(await realpath(root), ARCHIVE_FOLDER, id);
      const key = await manifestKey(db);
      const place = { id, root, destination: null };
      const write = ({ folder }: OpenArchive) => writeManifest(folder, entries, key);
      const manifestDigest = await withArchive(place, write, true).catch((error: unknown) => {
        throw conflict("read-only", `${folder} can't be written: ${folderReasonOf(error)}. Nothing was moved.`);
      });
      const row = await insertArchive(db, {
        id,
        catalogId: catalog.id,
        folder,
        destination: null,
        manifestDigest,
        totalFiles: entries.length,
        refusals: refusals.map(storable),
      });
      resume();
      return row;
    },
    /**
     * Starts to move an archive's files back, or to finish that.
     * @param manifestConfirmed the owner trusts a manifest that is not the one that was written
     * @throws HttpProblem 409 when the archive can't be restored now
     */
    async restore(row: ArchiveRow, source: Source, manifestConfirmed: boolean): Promise<void> {
      const { id, state, destination, folder } = row;
      const place = { id, root: movableRoot(source), destination };
      const key = await manifestKey(db);
      const problem = await withArchive(
        place,
        async (archive) => (await readManifest(archive.folder, key, row.manifestDigest)).problem,
      ).catch((error: unknown) => {
        throw conflict("archive-missing", `${folder} can't be read: ${folderReasonOf(error)}. Is its disk connected?`);
      });
      if (problem !== null && !manifestConfirmed)
        throw conflict(
          "manifest-not-trusted",
          `The manifest in ${folder} is not trusted: ${problem}. To restore what it says, inside the catalog's folder and nowhere else, send confirmManifest=true (on the command line: --confirm-manifest).`,
        );
      if (!(await startRestore(db, id, manifestConfirmed)))
        throw conflict("not-archived", `This archive is ${state}: only a finished one is restored.`);
      resume();
    },
    async stop(): Promise<void> {
      stopping = true;
      await working;
    },
  };
};

/** How far an archive is. */
type Counts = Pick<ArchiveRow, "movedFiles" | "movedBytes" | "freedBytes" | "refusals">;

/** PostgreSQL stores no half characters. */
const storable = ({ path, reason }: Refusal): Refusal => ({ path: path.toWellFormed(), reason: reason.toWellFormed() });

const folderReasonOf = (error: unknown): string => {
  switch ((error as NodeJS.ErrnoException).code) {
    case "ENOENT":
      return "the folder is missing";
    case "ELOOP":
      return "a link has taken its place, and no link is followed";
    default:
      return reasonOf(error);
  }
};

/** The folder whose files an archive moves. @throws HttpProblem 409 for a source that has none */
const movableRoot = (source: Source): string => {
  switch (source.kind) {
    case "directory":
      return source.root;
    case "s3":
      throw conflict(
        "read-only",
        "This catalog is in S3, where Lookalike only reads. Export the decisions as sh, csv or ndjson to move the objects yourself.",
      );
    case "hashes":
      throw conflict("no-files", "This catalog is of hashes: it has no files to move.");
  }
};
