import type { Db } from "@lookalike/shared/store/open";
import { listByReference, readMatches } from "@lookalike/shared/store/results/reference-matches";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { PageQuery, pageOf, readPage } from "../../http/page.ts";
import { HttpProblem } from "../../http/problems.ts";
import { catalogReader, JobParams, jobReader } from "../../http/tenant-scope.ts";
import { imageResource, ReferencedImage } from "../../resources/image.ts";
import { Problem } from "../../resources/problem.ts";

export const referenceRoutes =
  (db: Db): FastifyPluginAsyncZod =>
  async (app) => {
    const readJob = jobReader(db);
    const readCatalog = catalogReader(db);

    app.get(
      "/jobs/:job/reference",
      {
        schema: {
          tags: ["jobs"],
          summary: "The job's images that its reference catalog has too, or has not",
          params: JobParams,
          querystring: PageQuery.extend({ present: z.enum(["true", "false"]) }),
          response: { 200: pageOf(ReferencedImage), 400: Problem, 404: Problem, 409: Problem },
        },
      },
      async ({ access, params, query }) => {
        const job = await readJob(access, params.job);
        const { reference } = job.options;
        if (reference === null || job.state !== "completed")
          throw new HttpProblem(409, "no-reference", "This job has no reference catalog, or is not over yet.");
        const catalog = await readCatalog(access, job.catalogId);
        const result = { jobId: job.id, run: job.run };
        const isPresent = query.present === "true";
        const { items, next } = await readPage(
          query,
          -1,
          (after, limit) => listByReference(db, catalog, { ...result, isPresent, after, limit }),
          ({ ordinal }) => ordinal,
        );
        const matches = await readMatches(
          db,
          result,
          reference,
          items.map(({ ordinal }) => ordinal),
        );
        return {
          items: items.map((image) => ({ image: imageResource(image), match: matches.get(image.ordinal) ?? null })),
          next,
        };
      },
    );
  };
