import type { Db } from "@lookalike/shared/store/open";
import { type ArchiveRow, getArchive, listArchives } from "@lookalike/shared/store/review/archives";
import { z } from "zod";
import type { Archiver } from "../archive/archiver.ts";
import { operation, type Version1 } from "../http/operation.ts";
import { listOf, TrueOrFalse } from "../http/page.ts";
import { found } from "../http/problems.ts";
import type { Access } from "../plugins/access.ts";
import { readCatalog } from "../plugins/tenant-scope.ts";
import { Archive, archiveResource } from "../resources/archive.ts";

const ARCHIVES_LISTED = 100;

export const archiveRoutes = (app: Version1, db: Db, archiver: Archiver): void => {
  const ArchiveParams = z.object({ archive: z.string() });
  const readArchive = async (access: Access, id: string): Promise<ArchiveRow> =>
    found(await getArchive(db, access.tenant, id), "archive", id);

  app.get(
    "/archives/:archive",
    operation("Read an archive and how far it is", { 200: Archive }, { params: ArchiveParams }),
    async ({ access, params }) => archiveResource(await readArchive(access, params.archive)),
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
      },
    ),
    async ({ access, params, query }, reply) => {
      const row = await readArchive(access, params.archive);
      const { id } = row;
      const { source } = await readCatalog(db, access, row.catalogId);
      await archiver.restore(row, source, query.confirmManifest ?? false);
      reply.code(202).header("location", `/v1/archives/${id}`);
      return archiveResource(await readArchive(access, id));
    },
  );

  app.post(
    "/catalogs/:catalog/archives",
    operation("Move the files that were decided to go into an archive folder of the same source", { 202: Archive }),
    async ({ catalog }, reply) => {
      const row = await archiver.archive(catalog);
      return reply.code(202).header("location", `/v1/archives/${row.id}`).send(archiveResource(row));
    },
  );

  app.get(
    "/catalogs/:catalog/archives",
    operation("The catalog's archives, newest first", { 200: listOf(Archive) }),
    async ({ catalog }) => ({ items: (await listArchives(db, catalog.id, ARCHIVES_LISTED)).map(archiveResource) }),
  );
};
