import { randomUUID } from "node:crypto";
import { stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Source } from "@lookalike/shared/domain/job/source";
import { rootBytes } from "@lookalike/shared/domain/primitives/root-path";
import { messageOf } from "@lookalike/shared/runtime/errors";
import type { Logger } from "@lookalike/shared/runtime/log";
import { startLoop } from "@lookalike/shared/runtime/loop";
import type { AllowedSources } from "@lookalike/shared/sources/allowed-sources";
import type { SourcePlace } from "@lookalike/shared/sources/folder-handle";
import { ARCHIVE_FOLDER } from "@lookalike/shared/sources/listed-file";
import { pathOfPlace, placeOf, SourceRefused } from "@lookalike/shared/sources/source-roots";
import type { SealingKeys } from "@lookalike/shared/store/access/seal";
import type { CatalogRow } from "@lookalike/shared/store/catalog/catalogs";
import { findImages } from "@lookalike/shared/store/catalog/images";
import { exclusively, type Lock } from "@lookalike/shared/store/exclusively";
import {
  type ArchiveRow,
  archivedOrdinals,
  insertArchive,
  manifestKey,
  startEmpty,
  startRestore,
  unfinishedArchives,
} from "@lookalike/shared/store/review/archives";
import { readDecisions } from "@lookalike/shared/store/review/decisions";
import type { TenantStores } from "@lookalike/shared/store/tenant-stores";
import { conflict, HttpProblem } from "../http/problems.ts";
import { addCompanions } from "./add-companions.ts";
import { createArchiveWorks } from "./archive-works.ts";
import type { EmptyPreview } from "./empty-archive.ts";
import { findFiles } from "./find-files.ts";
import { type ManifestEntry, writeManifest } from "./manifest.ts";
import {
  type ArchivePlace,
  listArchiveFolders,
  type OpenArchive,
  removeEmptyArchive,
  withArchive,
} from "./open-archive.ts";
import { type ArchivePlan, addFound, planArchive } from "./plan-archive.ts";
import { folderReasonOf, isDiskFull, storable } from "./reason.ts";

/** How soon an archive is continued that no request is about. */
const POLL_MS = 5_000;

/** A source and whose it is. */
type Owned = Pick<CatalogRow, "source" | "tenant">;

export type Archiver = ReturnType<typeof createArchiver>;

/** Moves files in the background, and continues the archives that a crash interrupted. */
export const createArchiver = (
  tenants: TenantStores,
  allowed: AllowedSources,
  log: Logger,
  sealingKeys: SealingKeys,
) => {
  const { everyTenant } = tenants;
  const dbOf = ({ tenant }: Owned) => tenants.ofTenant(tenant).db;
  const rootOf = async ({ source, tenant }: Owned): Promise<SourcePlace> =>
    placeOf(movableRoot(source), tenant, allowed);
  /** A folder for archived files: its path had no links when it was chosen. */
  const destinationOf = async ({ tenant }: Owned, destination: string | null): Promise<SourcePlace | null> => {
    const place = destination === null ? null : await placeOf(destination, tenant, allowed);
    if (place !== null && pathOfPlace(place) !== destination)
      throw Object.assign(new Error(`${destination}: a link leads to it`), { code: "ELOOP", syscall: "open" });
    return place;
  };
  const archivePlace = async (id: string, catalog: Owned, destination: string | null): Promise<ArchivePlace> => ({
    id,
    root: await rootOf(catalog),
    destination: await destinationOf(catalog, destination),
  });
  let stopping = false;

  const readKey = () => manifestKey(everyTenant.db, sealingKeys);
  const works = createArchiveWorks(readKey, () => stopping);

  const work = async (id: string, catalog: Owned, lock: Lock): Promise<void> => {
    // Another process may have finished it since it was found.
    const row = (await unfinishedArchives(lock.db)).find(({ archive }) => archive.id === id)?.archive;
    if (row === undefined) return;
    await works.workOff(row, () => archivePlace(id, catalog, row.destination), lock);
    log.info({ archive: id, state: row.state }, "archive worked off");
  };

  const workOnAll = async (): Promise<void> => {
    for (const { archive, ...catalog } of await unfinishedArchives(everyTenant.db)) {
      if (stopping) return;
      const { pool } = tenants.ofTenant(catalog.tenant);
      const workOnOne = (lock: Lock) => work(archive.id, catalog, lock);
      await exclusively(pool, `lookalike:archive:${archive.id}`, workOnOne).catch((error: unknown) =>
        log.error({ archive: archive.id, err: messageOf(error) }, "archive interrupted: it is continued"),
      );
    }
  };
  // Also what other processes started and left, and what this one did not finish because PostgreSQL was away.
  const loop = startLoop(POLL_MS, workOnAll, (error) => log.warn({ err: messageOf(error) }, "archives"));

  /** What the decisions of a catalog let go. @throws HttpProblem 409 when that is nothing */
  const plan = async (catalog: CatalogRow, root: SourcePlace): Promise<ArchivePlan> => {
    const db = dbOf(catalog);
    const decisions = await readDecisions(db, catalog.id);
    const ordinals = [...new Set(decisions.flatMap(({ members }) => members))];
    const images = new Map((await findImages(db, catalog, ordinals)).map((image) => [image.ordinal, image]));
    const planned = planArchive(decisions, images);
    const found = await findFiles(root, planned.entries).catch((error: unknown) => {
      throw conflict("read-only", `${pathOfPlace(root)} can't be read: ${folderReasonOf(error)}. Nothing was moved.`);
    });
    const archived = await archivedOrdinals(db, catalog.id);
    const { entries, refusals } = addFound(planned, found, archived);
    if (entries.length > 0) return addCompanions(root, { entries, refusals }, archived);
    throw conflict(
      "nothing-to-archive",
      refusals[0] === undefined
        ? "No decision lets a file go that is still there. Decide on groups first."
        : `${refusals[0].path}: ${refusals[0].reason}.`.toWellFormed(),
    );
  };

  return {
    /**
     * Writes the manifest and starts to move.
     * @param destination the folder that gets the archive, without links in its path; null = the catalog's own
     * @throws HttpProblem 409 when there is nothing to move, or nowhere to
     */
    async archive(catalog: CatalogRow, destination: string | null): Promise<ArchiveRow> {
      const id = randomUUID();
      const place = await archivePlace(id, catalog, destination);
      const { entries, refusals } = await plan(catalog, place.root);
      const folder = join(destination ?? pathOfPlace(place.root), ARCHIVE_FOLDER, id);
      if (destination !== null) await requireSpace(pathOfPlace(place.root), destination, entries);
      const key = await readKey();
      const write = (archive: OpenArchive) => writeManifest(archive.folder, entries, key);
      const manifestDigest = await withArchive(place, write, true).catch(async (error: unknown) => {
        await removeEmptyArchive(place).catch(() => undefined);
        const problem = isDiskFull(error) ? "disk-full" : "read-only";
        throw conflict(problem, `${folder} can't be written: ${folderReasonOf(error)}. Nothing was moved.`);
      });
      const row = await insertArchive(dbOf(catalog), {
        id,
        catalogId: catalog.id,
        folder,
        destination,
        manifestDigest,
        totalFiles: entries.length,
        ordinals: entries.flatMap(({ ordinal }) => ordinal ?? []),
        refusals: refusals.map(storable),
      });
      loop.wake();
      return row;
    },
    /**
     * Starts to move an archive's files back, or to finish that.
     * @param manifestConfirmed the owner trusts a manifest that is not the one that was written
     * @throws HttpProblem 409 when the archive can't be restored now
     */
    async restore(row: ArchiveRow, catalog: CatalogRow, manifestConfirmed: boolean): Promise<void> {
      const { id, state, folder, destination } = row;
      const place = archivePlace(id, catalog, destination);
      const problem = await place
        .then((at) => works.manifestProblem(row, at))
        .catch((error: unknown) => {
          if (error instanceof SourceRefused || error instanceof HttpProblem) throw error;
          throw conflict(
            "archive-missing",
            `${folder} can't be read: ${folderReasonOf(error)}. Is its disk connected?`,
          );
        });
      if (problem !== null && !manifestConfirmed)
        throw conflict(
          "manifest-not-trusted",
          `The manifest in ${folder} is not trusted: ${problem}. To restore what it says, inside the catalog's folder and nowhere else, send confirmManifest=true (on the command line: --confirm-manifest).`,
        );
      if (!(await startRestore(dbOf(catalog), id, manifestConfirmed)))
        throw conflict("not-archived", `This archive is ${state}: only a finished one is restored.`);
      loop.wake();
    },
    /**
     * Finds archives on the disk that the database does not know: those of another installation, or of lost data.
     * @param destination the folder that has them; null = the catalog's own
     */
    async recover(catalog: CatalogRow, destination: string | null): Promise<ArchiveRow[]> {
      const place = await archivePlace("", catalog, destination);
      const above = destination ?? pathOfPlace(place.root);
      const ids = await listArchiveFolders(place.destination ?? place.root).catch((error: unknown) => {
        throw conflict("archive-missing", `${above} can't be read: ${folderReasonOf(error)}.`);
      });
      const recovered: ArchiveRow[] = [];
      for (const id of ids) {
        const folder = join(above, ARCHIVE_FOLDER, id);
        const row = await works.recover(dbOf(catalog), catalog.id, { ...place, id }, folder, destination);
        if (row !== null) recovered.push(row);
      }
      return recovered;
    },
    /** What emptying the archives would delete: of an archive whose folder or manifest can't be trusted, nothing. */
    async previewEmpty(catalog: CatalogRow, archives: readonly ArchiveRow[]): Promise<EmptyPreview> {
      const total = { files: 0, bytes: 0 };
      for (const row of archives) {
        const place = archivePlace(row.id, catalog, row.destination);
        const { files, bytes } = await place
          .then((at) => works.previewEmpty(dbOf(catalog), row, at))
          .catch((error: unknown) => {
            log.warn({ archive: row.id, err: messageOf(error) }, "archive not emptied");
            return { files: 0, bytes: 0 };
          });
        total.files += files;
        total.bytes += bytes;
      }
      return total;
    },
    /** Starts to delete the archives' files for good. */
    async empty(catalog: CatalogRow, archives: readonly ArchiveRow[]): Promise<void> {
      for (const { id } of archives) await startEmpty(dbOf(catalog), id);
      loop.wake();
    },
    async stop(): Promise<void> {
      stopping = true;
      await loop.stop();
    },
  };
};

/** @throws HttpProblem 409 where the files do not fit on the disk that gets them */
const requireSpace = async (root: string, destination: string, entries: readonly ManifestEntry[]): Promise<void> => {
  const [here, there] = [await stat(rootBytes(root)), await stat(destination)];
  if (here.dev === there.dev) return;
  const { bavail, bsize } = await statfs(destination);
  const needed = entries.reduce((sum, { bytes, linkOf }) => sum + (linkOf === undefined ? bytes : 0), 0);
  if (needed > bavail * bsize)
    throw conflict(
      "disk-full",
      `${destination} has ${bavail * bsize} bytes free, and the files need ${needed}. Nothing was moved.`,
    );
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
