import { createHash, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { eventMessage, JOB_COMMANDS, jobCommand } from "@lookalike/shared/bus/messages";
import { jobEventId } from "@lookalike/shared/domain/job/event-id";
import { acceptedJob } from "@lookalike/shared/domain/job/job";
import { JobOptions } from "@lookalike/shared/domain/job/options";
import { members } from "@lookalike/shared/domain/primitives/bit-set";
import { activeTraceparent } from "@lookalike/shared/runtime/tracing";
import { listFailures } from "@lookalike/shared/store/catalog/images";
import { hasActiveJob, insertJob, listJobs } from "@lookalike/shared/store/jobs/jobs";
import { addToOutbox } from "@lookalike/shared/store/jobs/outbox";
import type { Db } from "@lookalike/shared/store/open";
import { listByReference, readMatches } from "@lookalike/shared/store/results/reference-matches";
import { rolledOut } from "@lookalike/shared/store/rollout/rollouts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { decodeCursor, PageQuery, page, pageOf } from "../http/cursor.ts";
import { HttpProblem } from "../http/problems.ts";
import { catalogReader, jobReader } from "../http/tenant-scope.ts";
import { FailedImage, imageResource, ReferencedImage } from "../resources/image.ts";
import { Job, jobResource, NewJob } from "../resources/job.ts";
import { Problem } from "../resources/problem.ts";

const JobParams = z.object({ job: z.string() });
const CatalogParams = z.object({ catalog: z.string() });
const PROGRESS_INTERVAL_MS = 1_000;

export const jobRoutes =
  (db: Db): FastifyPluginAsyncZod =>
  async (app) => {
    const readJob = jobReader(db);
    const readCatalog = catalogReader(db);

    app.post(
      "/catalogs/:catalog/jobs",
      {
        schema: {
          tags: ["jobs"],
          summary: "Start a job: list, hash, compare and group the catalog",
          params: CatalogParams,
          body: NewJob,
          response: { 202: Job, 400: Problem, 404: Problem, 409: Problem },
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
        const origin = { tenant: access.tenant, job, run: 1, attempt: 0 };
        const body = {
          catalog: { id: catalog.id, name: catalog.name, source: catalog.source },
          mode,
          options: await rolledOut(db, job, catalog.id, JobOptions.parse(options)),
        };
        const event = eventMessage("job-accepted", origin, jobEventId(job, "job-accepted", 1), body);
        const traceparent = activeTraceparent();
        const accepted = acceptedJob({
          ...{ ...origin, v: 1, type: "job-accepted", eventId: event.eventId, at: "", body },
          ...(traceparent === undefined ? {} : { traceparent }),
        });
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
          tags: ["jobs"],
          summary: "The catalog's jobs, newest first",
          params: CatalogParams,
          querystring: PageQuery,
          response: { 200: pageOf(Job), 400: Problem, 404: Problem },
        },
      },
      async ({ access, params, query: { cursor, limit } }) => {
        await readCatalog(access, params.catalog);
        const after = decodeCursor(cursor, "");
        const rows = await listJobs(db, access.tenant, params.catalog, { after, limit: limit + 1 });
        const { items, next } = page(rows, limit, ({ id }) => id);
        return { items: await Promise.all(items.map((row) => jobResource(db, row))), next };
      },
    );

    app.get(
      "/jobs/:job",
      {
        schema: {
          tags: ["jobs"],
          summary: "Read a job and its progress",
          params: JobParams,
          response: { 200: Job, 404: Problem },
        },
      },
      async ({ access, params }) => jobResource(db, await readJob(access, params.job)),
    );

    let closing = false;
    app.addHook("preClose", async () => {
      closing = true;
    });
    app.get(
      "/jobs/:job/progress",
      {
        sse: "only",
        schema: {
          tags: ["jobs"],
          summary: "The job as server-sent events, one a second at most, until it is over",
          description: "A client that comes back with `Last-Event-ID` is sent only what it has not seen.",
          params: JobParams,
          produces: ["text/event-stream"],
          response: {
            200: z.any().meta({ description: "Events named `progress`, each a Job" }),
            404: Problem,
            406: Problem,
          },
        },
      },
      async ({ access, params }, reply) => {
        await readJob(access, params.job);
        let open = true;
        reply.sse.onClose(() => {
          open = false;
        });
        let seen = reply.sse.lastEventId;
        while (open && !closing) {
          const job = await jobResource(db, await readJob(access, params.job));
          // A state has its own id: whoever has seen it, on whatever connection, is not sent it again.
          const id = createHash("sha256").update(JSON.stringify(job)).digest("base64url").slice(0, 22);
          if (id !== seen) await reply.sse.send({ id, event: "progress", data: job });
          seen = id;
          if (job.phase === "done") return;
          await sleep(PROGRESS_INTERVAL_MS);
        }
      },
    );

    for (const verb of JOB_COMMANDS) {
      app.post(
        `/jobs/:job/${verb}`,
        {
          schema: {
            tags: ["jobs"],
            summary: `Ask to ${verb} the job`,
            params: JobParams,
            response: { 202: Job, 404: Problem },
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
      async ({ access, params, query: { cursor, limit, present } }) => {
        const job = await readJob(access, params.job);
        const { reference } = job.options;
        if (reference === null || job.state !== "completed")
          throw new HttpProblem(409, "no-reference", "This job has no reference catalog, or is not over yet.");
        const catalog = await readCatalog(access, job.catalogId);
        const result = { jobId: job.id, run: job.run };
        const rows = await listByReference(db, catalog, {
          ...result,
          isPresent: present === "true",
          after: decodeCursor(cursor, -1),
          limit: limit + 1,
        });
        const { items, next } = page(rows, limit, ({ ordinal }) => ordinal);
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
