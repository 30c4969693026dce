import { JOB_COMMANDS, jobCommand } from "@lookalike/shared/bus/messages";
import { members } from "@lookalike/shared/domain/primitives/bit-set";
import { listFailures } from "@lookalike/shared/store/catalog/images";
import { addToOutbox } from "@lookalike/shared/store/jobs/outbox";
import type { Db } from "@lookalike/shared/store/open";
import { listByReference, readMatches } from "@lookalike/shared/store/results/reference-matches";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { BY_ORDINAL, PageQuery, pageOf, readPage } from "../../http/page.ts";
import { HttpProblem, Problem } from "../../http/problems.ts";
import { catalogReader, JobParams, jobReader } from "../../http/tenant-scope.ts";
import { FailedImage, imageResource, ReferencedImage } from "../../resources/image.ts";
import { Job, jobResource } from "../../resources/job.ts";

export const jobRoutes =
  (db: Db): FastifyPluginAsyncZod =>
  async (app) => {
    const readCatalog = catalogReader(db);
    const readJob = jobReader(db);

    app.get(
      "/jobs/:job",
      {
        schema: {
          summary: "Read a job and its progress",
          params: JobParams,
          response: { 200: Job },
        },
      },
      async ({ access, params }) => jobResource(db, await readJob(access, params.job)),
    );

    for (const verb of JOB_COMMANDS) {
      app.post(
        `/jobs/:job/${verb}`,
        {
          schema: {
            summary: `Ask to ${verb} the job`,
            params: JobParams,
            response: { 202: Job },
          },
        },
        async ({ access, params }, reply) => {
          const row = await readJob(access, params.job);
          await addToOutbox(db, jobCommand(verb, row));
          return reply.code(202).send(await jobResource(db, row));
        },
      );
    }

    app.get(
      "/jobs/:job/failures",
      {
        schema: {
          summary: "Images that could not be hashed, with reasons",
          params: JobParams,
          querystring: PageQuery,
          response: { 200: pageOf(FailedImage) },
        },
      },
      async ({ access, params, query }) => {
        const { catalogId, blockSize, blocksQuarantined, totalBlocks } = await readJob(access, params.job);
        // No image is hashed before the source is listed.
        if (blockSize === null) return { items: [], next: null };
        const quarantinedBlocks = [...members(blocksQuarantined, totalBlocks)];
        return readPage(query, BY_ORDINAL, (page) =>
          listFailures(db, { ...page, catalogId, blockSize, quarantinedBlocks }),
        );
      },
    );

    app.get(
      "/jobs/:job/reference",
      {
        schema: {
          summary: "The job's images that its reference catalog has too, or has not",
          params: JobParams,
          querystring: PageQuery.extend({ present: z.enum(["true", "false"]) }),
          response: { 200: pageOf(ReferencedImage), 409: Problem },
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
        const { items, next } = await readPage(query, BY_ORDINAL, (page) =>
          listByReference(db, catalog, { ...result, ...page, isPresent }),
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
