import { members } from "@lookalike/shared/domain/primitives/bit-set";
import { listFailures } from "@lookalike/shared/store/catalog/images";
import type { Db } from "@lookalike/shared/store/open";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { decodeCursor, PageQuery, page, pageOf } from "../../http/cursor.ts";
import { jobReader } from "../../http/tenant-scope.ts";
import { FailedImage } from "../../resources/image.ts";
import { Problem } from "../../resources/problem.ts";

const JobParams = z.object({ job: z.string() });

export const failureRoutes =
  (db: Db): FastifyPluginAsyncZod =>
  async (app) => {
    const readJob = jobReader(db);

    app.get(
      "/jobs/:job/failures",
      {
        schema: {
          tags: ["jobs"],
          summary: "Images that could not be hashed, with reasons",
          params: JobParams,
          querystring: PageQuery,
          response: { 200: pageOf(FailedImage), 400: Problem, 404: Problem },
        },
      },
      async ({ access, params, query: { cursor, limit } }) => {
        const job = await readJob(access, params.job);
        const rows = await listFailures(db, {
          catalogId: job.catalogId,
          blockSize: job.blockSize ?? 1,
          quarantinedBlocks: [...members(job.blocksQuarantined, job.totalBlocks)],
          after: decodeCursor(cursor, -1),
          limit: limit + 1,
        });
        return page(rows, limit, ({ ordinal }) => ordinal);
      },
    );
  };
