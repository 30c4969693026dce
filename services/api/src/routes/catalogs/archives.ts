import type { Db } from "@lookalike/shared/store/open";
import { listArchives } from "@lookalike/shared/store/review/archives";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Archiver } from "../../archive/archiver.ts";
import { CatalogParams, catalogReader } from "../../http/tenant-scope.ts";
import { Archive, archiveResource } from "../../resources/archive.ts";

const ARCHIVES_LISTED = 100;

export const catalogArchiveRoutes =
  (db: Db, archiver: Archiver): FastifyPluginAsyncZod =>
  async (app) => {
    const readCatalog = catalogReader(db);
    app.post(
      "/catalogs/:catalog/archives",
      {
        schema: {
          summary: "Move the files that were decided to go into an archive folder of the same source",
          params: CatalogParams,
          response: { 202: Archive },
        },
      },
      async ({ access, params }, reply) => {
        const row = await archiver.archive(await readCatalog(access, params.catalog));
        return reply.code(202).header("location", `/v1/archives/${row.id}`).send(archiveResource(row));
      },
    );

    app.get(
      "/catalogs/:catalog/archives",
      {
        schema: {
          summary: "The catalog's archives, newest first",
          params: CatalogParams,
          response: { 200: z.object({ items: z.array(Archive) }) },
        },
      },
      async ({ access, params }) => {
        const { id } = await readCatalog(access, params.catalog);
        return { items: (await listArchives(db, id, ARCHIVES_LISTED)).map(archiveResource) };
      },
    );
  };
