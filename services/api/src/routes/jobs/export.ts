import { Readable } from "node:stream";
import type { Db } from "@lookalike/shared/store/open";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { ExportFormat, exportFile, MEDIA_TYPE } from "../../exports/export-file.ts";
import { exportRows } from "../../exports/export-rows.ts";
import { Problem } from "../../http/problems.ts";
import { rawSerializer } from "../../http/raw-serializer.ts";
import { catalogReader, groupsOf, JobParams, jobReader } from "../../http/tenant-scope.ts";

export const exportRoutes =
  (db: Db): FastifyPluginAsyncZod =>
  async (app) => {
    const readJob = jobReader(db);
    const readCatalog = catalogReader(db);

    app.get(
      "/jobs/:job/export",
      {
        schema: {
          summary: "The groups and decisions as a file",
          description:
            "`csv` and `ndjson`: every grouped image. `sh`: a script over the files that were decided to go, which only prints their names until it is given a command. `tags`: for `exiftool -csv=FILE`, digiKam's tags list.",
          produces: Object.values(MEDIA_TYPE).map((type) => type.split(";")[0] ?? type),
          params: JobParams,
          querystring: z.object({ format: ExportFormat.default("csv") }),
          response: { 200: z.any().meta({ description: "The file" }), 422: Problem },
        },
      },
      async ({ access, params, query: { format } }, reply) => {
        const job = await readJob(access, params.job);
        const catalog = await readCatalog(access, job.catalogId);
        const file = exportFile(format, exportRows(db, groupsOf(job)), catalog);
        const extension = format === "tags" ? "tags.csv" : format;
        return reply
          .type(MEDIA_TYPE[format])
          .header("content-disposition", `attachment; filename="lookalike-${job.id}.${extension}"`)
          .serializer(rawSerializer)
          .send(Readable.from(file));
      },
    );
  };
