import type { Db } from "@lookalike/shared/store/open";
import { type ArchiveRow, getArchive, startRestore } from "@lookalike/shared/store/review/archives";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Archiver } from "../archive/archiver.ts";
import { HttpProblem, notFound } from "../http/problems.ts";
import type { Access } from "../plugins/access.ts";
import { Archive, archiveResource } from "../resources/archive.ts";

export const archiveRoutes =
  (db: Db, archiver: Archiver): FastifyPluginAsyncZod =>
  async (app) => {
    const readArchive = async (access: Access, id: string): Promise<ArchiveRow> => {
      const row = await getArchive(db, access.tenant, id);
      if (row === null) throw notFound("archive", id);
      return row;
    };

    app.get(
      "/archives/:archive",
      {
        schema: {
          summary: "Read an archive and how far it is",
          params: z.object({ archive: z.string() }),
          response: { 200: Archive },
        },
      },
      async ({ access, params }) => archiveResource(await readArchive(access, params.archive)),
    );

    app.post(
      "/archives/:archive/restore",
      {
        schema: {
          summary: "Put the archive's files back where they were",
          params: z.object({ archive: z.string() }),
          response: { 202: Archive },
        },
      },
      async ({ access, params }, reply) => {
        const { id, state } = await readArchive(access, params.archive);
        if (!(await startRestore(db, id)))
          throw new HttpProblem(409, "not-archived", `This archive is ${state}: only a finished one is restored.`);
        archiver.resume();
        return reply
          .code(202)
          .header("location", `/v1/archives/${id}`)
          .send(archiveResource(await readArchive(access, id)));
      },
    );
  };
