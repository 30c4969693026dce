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
  unfinishedArchives,
  updateArchive,
} from "@lookalike/shared/store/review/archives";
import { readDecisions } from "@lookalike/shared/store/review/decisions";
import { conflict } from "../http/problems.ts";
import { archiveFiles, planArchive, type Refusals, restoreFiles, writeManifest } from "./archive.ts";

const REPORT_INTERVAL_FILES = 50;

export type Archiver = ReturnType<typeof createArchiver>;

/** Moves files in the background, and continues the archives that a crash interrupted. */
export const createArchiver = (store: Store, log: Logger) => {
  const { db } = store;
  let stopping = false;
  let working: Promise<void> = Promise.resolve();

  const work = async ({ id, state, folder, refusals }: ArchiveRow, root: string): Promise<void> => {
    const isArchiving = state === "archiving";
    const refused: Refusals = isArchiving ? [...refusals] : [];
    let movedFiles = 0;
    let movedBytes = 0;
    let files = 0;
    for await (const { entry, refusal } of isArchiving ? archiveFiles(root, folder) : restoreFiles(root, folder)) {
      if (stopping) return;
      if (refusal === null) {
        movedFiles += 1;
        movedBytes += entry.bytes;
      } else refused.push({ path: entry.path.toWellFormed(), reason: refusal });
      files += 1;
      if (files % REPORT_INTERVAL_FILES === 0) await updateArchive(db, id, { movedFiles, movedBytes });
    }
    const finalState = isArchiving ? "archived" : "restored";
    await updateArchive(db, id, { state: finalState, movedFiles, movedBytes, refusals: refused });
    log.info({ archive: id, state: finalState, movedFiles, refused: refused.length }, "archive finished");
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

  return {
    resume,
    /** Writes the manifest and starts to move. @throws HttpProblem 409 when there is nothing to move */
    async archive(catalog: CatalogRow): Promise<ArchiveRow> {
      const root = movableRoot(catalog.source);
      const decisions = await readDecisions(db, catalog.id);
      const ordinals = [...new Set(decisions.flatMap(({ members }) => members))];
      const images = new Map((await findImages(db, catalog, ordinals)).map((image) => [image.ordinal, image]));
      const { entries, refusals } = planArchive(decisions, images);
      if (entries.length === 0)
        throw conflict(
          "nothing-to-archive",
          refusals[0] === undefined
            ? "No decision lets a file go that is still there. Decide on groups first."
            : `${refusals[0].path}: ${refusals[0].reason}.`.toWellFormed(),
        );
      const id = randomUUID();
      const folder = join(await realpath(root), ARCHIVE_FOLDER, id);
      await writeManifest(folder, entries).catch((error: unknown) => {
        throw conflict("read-only", `${folder} can't be written: ${messageOf(error)}. Nothing was moved.`);
      });
      const row = await insertArchive(db, {
        id,
        catalogId: catalog.id,
        folder,
        totalFiles: entries.length,
        refusals: refusals.map(({ path, reason }) => ({ path: path.toWellFormed(), reason })),
      });
      resume();
      return row;
    },
    async stop(): Promise<void> {
      stopping = true;
      await working;
    },
  };
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
