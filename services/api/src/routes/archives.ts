import type { Db } from "@lookalike/shared/store/open";
import { type ArchiveRow, getArchive, listArchives, startRestore } from "@lookalike/shared/store/review/archives";
import { z } from "zod";
import type { Archiver } from "../archive/archiver.ts";
import { operation, type Version1 } from "../http/operation.ts";
import { listOf } from "../http/page.ts";
import { conflict, found } from "../http/problems.ts";
import type { Access } from "../plugins/access.ts";
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
    operation("Put the archive's files back where they were", { 202: Archive }, { params: ArchiveParams }),
    async ({ access, params }, reply) => {
      const { id, state } = await readArchive(access, params.archive);
      if (!(await startRestore(db, id)))
        throw conflict("not-archived", `This archive is ${state}: only a finished one is restored.`);
      archiver.resume();
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
