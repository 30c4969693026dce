import { isAbsolute } from "node:path";
import type { AllowedSources } from "@lookalike/shared/sources/allowed-sources";
import { openRoot } from "@lookalike/shared/sources/folder-handle";
import { pathOfPlace, requirePlace } from "@lookalike/shared/sources/source-roots";
import type { Db } from "@lookalike/shared/store/open";
import { type ArchiveRow, archivesOlderThan, getArchive, listArchives } from "@lookalike/shared/store/review/archives";
import { z } from "zod";
import type { Archiver } from "../archive/archiver.ts";
import { operation, type Version1 } from "../http/operation.ts";
import { listOf, TrueOrFalse } from "../http/page.ts";
import { conflict, found, HttpProblem } from "../http/problems.ts";
import type { Access } from "../plugins/access.ts";
import { readCatalog } from "../plugins/tenant-scope.ts";
import { Archive, ArchiveQuery, archiveResource, EmptiedArchives, EmptyArchives } from "../resources/archive.ts";

const ARCHIVES_LISTED = 100;

/** The folder that an owner chose for an archive, without links. @throws SourceRefused, or HttpProblem 400 or 409, where it may not be one */
const destinationOf = async (folder: string, { tenant }: Access, sources: AllowedSources): Promise<string> => {
  if (!isAbsolute(folder)) throw new HttpProblem(400, "not-absolute", `${folder}: must be an absolute path.`);
  const place = await requirePlace(folder, tenant, sources);
  const { handle } = await openRoot(place).catch(() => {
    throw conflict("no-folder", `${folder}: not a folder.`);
  });
  await handle.close();
  return pathOfPlace(place);
};

export const archiveRoutes = (app: Version1, archiver: Archiver, sources: AllowedSources): void => {
  const ArchiveParams = z.object({ archive: z.string() });
  const readArchive = async (db: Db, access: Access, id: string): Promise<ArchiveRow> =>
    found(await getArchive(db, access.tenant, id), "archive", id);

  app.get(
    "/archives/:archive",
    operation("Read an archive and how far it is", { 200: Archive }, { params: ArchiveParams }),
    async ({ access, db, params }) => archiveResource(await readArchive(db, access, params.archive)),
  );

  app.post(
    "/archives/:archive/restore",
    operation(
      "Put the archive's files back where they were; again for those that could not be put back",
      { 202: Archive },
      {
        params: ArchiveParams,
        querystring: z.object({
          confirmManifest: TrueOrFalse.optional().meta({
            description: "true: restore what the manifest says, although it is not the one that Lookalike wrote",
          }),
        }),
        config: { kind: "archive" },
      },
    ),
    async ({ access, db, params, query }, reply) => {
      const row = await readArchive(db, access, params.archive);
      const { id } = row;
      const catalog = await readCatalog(db, access, row.catalogId);
      await archiver.restore(row, catalog, query.confirmManifest ?? false);
      reply.code(202).header("location", `/v1/archives/${id}`);
      return archiveResource(await readArchive(db, access, id));
    },
  );

  app.post(
    "/catalogs/:catalog/archives",
    operation(
      "Move the files that were decided to go into an archive folder of the same source, or of another folder",
      { 202: Archive },
      { querystring: ArchiveQuery, config: { kind: "archive" } },
    ),
    async ({ access, catalog, query: { to } }, reply) => {
      const destination = to === undefined ? null : await destinationOf(to, access, sources);
      const row = await archiver.archive(catalog, destination);
      return reply.code(202).header("location", `/v1/archives/${row.id}`).send(archiveResource(row));
    },
  );

  app.post(
    "/catalogs/:catalog/archives/recover",
    operation(
      "Find archives on the disk that are not known, as after the loss of the database; they can then be restored",
      { 200: listOf(Archive) },
      { querystring: ArchiveQuery, config: { kind: "archive" } },
    ),
    async ({ access, catalog, query: { to } }) => {
      const destination = to === undefined ? null : await destinationOf(to, access, sources);
      return { items: (await archiver.recover(catalog, destination)).map(archiveResource) };
    },
  );

  app.post(
    "/catalogs/:catalog/archives/empty",
    operation(
      "Delete archived files for good, each after an image that stays was read and is as it was; first as a preview",
      { 200: EmptiedArchives },
      { body: EmptyArchives, config: { kind: "archive" } },
    ),
    async ({ catalog, db, body: { olderThanSeconds, confirm } }) => {
      const rows = await archivesOlderThan(db, catalog.id, olderThanSeconds);
      const { files, bytes } = await archiver.previewEmpty(catalog, rows);
      const isPreview = confirm === undefined;
      if (!isPreview && (confirm.files !== files || confirm.bytes !== bytes))
        throw conflict(
          "not-confirmed",
          `This would delete ${files} files of ${bytes} bytes for good, not ${confirm.files} of ${confirm.bytes}. Nothing was deleted: confirm these numbers.`,
        );
      if (!isPreview && files > 0) await archiver.empty(catalog, rows);
      return { preview: isPreview, archives: rows.map(({ id }) => id), files, bytes };
    },
  );

  app.get(
    "/catalogs/:catalog/archives",
    operation("The catalog's archives, newest first", { 200: listOf(Archive) }),
    async ({ catalog, db }) => ({ items: (await listArchives(db, catalog.id, ARCHIVES_LISTED)).map(archiveResource) }),
  );
};
