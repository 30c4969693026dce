import { randomUUID } from "node:crypto";
import { jobEvent } from "@lookalike/shared/bus/messages";
import { acceptedJob } from "@lookalike/shared/domain/job/job";
import { JobOptions } from "@lookalike/shared/domain/job/options";
import { activeTraceparent } from "@lookalike/shared/runtime/tracing";
import { hasActiveJob, insertJob, listJobs } from "@lookalike/shared/store/jobs/jobs";
import { addToOutbox } from "@lookalike/shared/store/jobs/outbox";
import type { Db } from "@lookalike/shared/store/open";
import { rolledOut } from "@lookalike/shared/store/rollout/rollouts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { BY_ID, PageQuery, pageOf, readPage } from "../../http/page.ts";
import { HttpProblem } from "../../http/problems.ts";
import { CatalogParams, catalogReader, jobReader } from "../../http/tenant-scope.ts";
import { Job, jobResource, NewJob } from "../../resources/job.ts";

export const catalogJobRoutes =
  (db: Db): FastifyPluginAsyncZod =>
  async (app) => {
    const readJob = jobReader(db);
    const readCatalog = catalogReader(db);

    app.post(
      "/catalogs/:catalog/jobs",
      {
        schema: {
          summary: "Start a job: list, hash, compare and group the catalog",
          params: CatalogParams,
          body: NewJob,
          response: { 202: Job },
        },
      },
      async (request, reply) => {
        const { access } = request;
        const { mode, ...options } = request.body;
        const catalog = await readCatalog(access, request.params.catalog);
        if (options.blockSize !== null && catalog.blockSize !== null && options.blockSize !== catalog.blockSize) {
          throw new HttpProblem(
            409,
            "block-size-fixed",
            `This catalog has blocks of ${catalog.blockSize} images, for its whole life. Leave blockSize out, or create another catalog.`,
          );
        }
        if (options.reference !== null) await readCatalog(access, options.reference);
        const job = randomUUID();
        const body = {
          catalog: { id: catalog.id, name: catalog.name, source: catalog.source },
          mode,
          // Ends with the roll-out: decision 0037.
          options: await rolledOut(db, job, catalog.id, JobOptions.parse(options)),
        };
        const { tenant } = access;
        const event = jobEvent({ id: job, tenant, run: 1 }, "job-accepted", 1, body);
        const accepted = acceptedJob({ job, tenant, run: 1, traceparent: activeTraceparent(), body });
        await db.transaction(async (tx) => {
          if (await hasActiveJob(tx, catalog.id)) {
            throw new HttpProblem(
              409,
              "job-active",
              "This catalog has a job that is not over. Wait for it, or cancel it.",
            );
          }
          await insertJob(tx, accepted, new Date().toISOString());
          await addToOutbox(tx, event);
        });
        return reply
          .code(202)
          .header("location", `/v1/jobs/${job}`)
          .send(await jobResource(db, await readJob(access, job)));
      },
    );

    app.get(
      "/catalogs/:catalog/jobs",
      {
        schema: {
          summary: "The catalog's jobs, newest first",
          params: CatalogParams,
          querystring: PageQuery,
          response: { 200: pageOf(Job) },
        },
      },
      async ({ access, params, query }) => {
        await readCatalog(access, params.catalog);
        const { items, next } = await readPage(query, BY_ID, (page) =>
          listJobs(db, access.tenant, params.catalog, page),
        );
        return { items: await Promise.all(items.map((row) => jobResource(db, row))), next };
      },
    );
  };
