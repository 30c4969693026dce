import { members } from "@lookalike/shared/domain/primitives/bit-set";
import { listFailures } from "@lookalike/shared/store/catalog/images";
import type { Db } from "@lookalike/shared/store/open";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { PageQuery, pageOf, readPage } from "../../http/page.ts";
import { JobParams, jobReader } from "../../http/tenant-scope.ts";
import { FailedImage } from "../../resources/image.ts";
import { Problem } from "../../resources/problem.ts";

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
      async ({ access, params, query }) => {
        const { catalogId, blockSize, blocksQuarantined, totalBlocks } = await readJob(access, params.job);
        // No image is hashed before the source is listed.
        if (blockSize === null) return { items: [], next: null };
        const quarantinedBlocks = [...members(blocksQuarantined, totalBlocks)];
        return readPage(
          query,
          -1,
          (after, limit) => listFailures(db, { catalogId, blockSize, quarantinedBlocks, after, limit }),
          ({ ordinal }) => ordinal,
        );
      },
    );
  };
