import { createHash, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { JOB_COMMANDS, jobCommand, jobEvent } from "@lookalike/shared/bus/messages";
import { acceptedJob } from "@lookalike/shared/domain/job/job";
import { JobOptions } from "@lookalike/shared/domain/job/options";
import { members } from "@lookalike/shared/domain/primitives/bit-set";
import { activeTraceparent } from "@lookalike/shared/runtime/tracing";
import { listDamaged, listFailures } from "@lookalike/shared/store/catalog/images";
import {
  countActiveJobs,
  countAllActiveJobs,
  hasActiveJob,
  insertJob,
  listJobs,
} from "@lookalike/shared/store/jobs/jobs";
import { addToOutbox } from "@lookalike/shared/store/jobs/outbox";
import { listUnlisted } from "@lookalike/shared/store/jobs/unlisted-files";
import type { Db } from "@lookalike/shared/store/open";
import { listByReference } from "@lookalike/shared/store/results/reference-matches";
import { rolledOut } from "@lookalike/shared/store/rollout/rollouts";
import { isUnavailable } from "@lookalike/shared/store/unavailable";
import { z } from "zod";
import { operation, type Version1 } from "../http/operation.ts";
import { BY_ID, BY_ORDINAL, PageQuery, pageOf, readPage, TrueOrFalse } from "../http/page.ts";
import { conflict, HttpProblem, Problem } from "../http/problems.ts";
import { ACTIVE_JOBS } from "../limits/limits.ts";
import type { PicturesOf } from "../pictures/picture.ts";
import { readCatalog, readJob } from "../plugins/tenant-scope.ts";
import { answersOf } from "../query/reference-answers.ts";
import { DamagedImage, FailedImage, ReferencedImage, UnlistedFileResource } from "../resources/image.ts";
import { Job, jobResource, jobResources, NewJob } from "../resources/job.ts";

/** The order of a reference's answers. */
const BY_IMAGE = {
  start: -1,
  positionOf: ({ image }: { readonly image: { readonly ordinal: number } }): number => image.ordinal,
};
const BY_NUMBER = { start: 0, positionOf: ({ number }: { readonly number: number }): number => number };

const PROGRESS_INTERVAL_MS = 1_000;

export const jobRoutes = (app: Version1, picturesOf: PicturesOf): void => {
  let closing = false;
  app.addHook("preClose", async () => {
    closing = true;
  });

  app.post(
    "/catalogs/:catalog/jobs",
    operation("Start a job: list, hash, compare and group the catalog", { 202: Job, 429: Problem }, { body: NewJob }),
    async ({ access, catalog, db, body: { mode, ...options } }, reply) => {
      if (options.blockSize !== null && catalog.blockSize !== null && options.blockSize !== catalog.blockSize)
        throw conflict(
          "block-size-fixed",
          `This catalog has blocks of ${catalog.blockSize} images, for its whole life. Leave blockSize out, or create another catalog.`,
        );
      if (options.reference !== null) await readCatalog(db, access, options.reference);
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
        if (await hasActiveJob(tx, catalog.id))
          throw conflict("job-active", "This catalog has a job that is not over. Wait for it, or cancel it.");
        const full = await fullJobs(tx, tenant);
        if (full !== null) {
          reply.header("retry-after", ACTIVE_JOBS.retrySeconds);
          throw new HttpProblem(429, "too-many-jobs", full);
        }
        await insertJob(tx, accepted, new Date().toISOString());
        await addToOutbox(tx, event);
      });
      reply.code(202).header("location", `/v1/jobs/${job}`);
      return jobResource(db, await readJob(db, access, job));
    },
  );

  app.get(
    "/catalogs/:catalog/jobs",
    operation("The catalog's jobs, newest first", { 200: pageOf(Job) }, { querystring: PageQuery }),
    async ({ catalog, db, query }) =>
      readPage(query, BY_ID, async (page) => jobResources(db, await listJobs(db, catalog.tenant, catalog.id, page))),
  );

  app.get("/jobs/:job", operation("Read a job and its progress", { 200: Job }), async ({ db, job }) =>
    jobResource(db, job),
  );

  for (const verb of JOB_COMMANDS) {
    app.post(`/jobs/:job/${verb}`, operation(`Ask to ${verb} the job`, { 202: Job }), async ({ db, job }, reply) => {
      await addToOutbox(db, jobCommand(verb, job));
      return reply.code(202).send(await jobResource(db, job));
    });
  }

  app.get(
    "/jobs/:job/failures",
    operation(
      "Images that could not be hashed, with reasons",
      { 200: pageOf(FailedImage) },
      { querystring: PageQuery },
    ),
    async ({ db, job: { catalogId, blockSize, blocksQuarantined, totalBlocks }, query }) => {
      // No image is hashed before the source is listed.
      if (blockSize === null) return { items: [], next: null };
      const quarantinedBlocks = [...members(blocksQuarantined, totalBlocks)];
      return readPage(query, BY_ORDINAL, (page) =>
        listFailures(db, { ...page, catalogId, blockSize, quarantinedBlocks }),
      );
    },
  );

  app.get(
    "/jobs/:job/damaged",
    operation(
      "Images that could be hashed although their files are damaged, with what is wrong",
      { 200: pageOf(DamagedImage) },
      { querystring: PageQuery },
    ),
    async ({ db, job: { catalogId, blockSize }, query }) =>
      blockSize === null
        ? { items: [], next: null }
        : readPage(query, BY_ORDINAL, (page) => listDamaged(db, { ...page, catalogId, blockSize })),
  );

  app.get(
    "/jobs/:job/reference",
    operation(
      "What the job's reference catalog has of its images, after a look at its files",
      { 200: pageOf(ReferencedImage), 409: Problem },
      {
        querystring: PageQuery.extend({
          present: TrueOrFalse.optional().meta({ description: "true: only what it has. false: only all the others" }),
          verify: TrueOrFalse.optional().meta({
            description: "true: the SHA-256 of each file is compared, too, which reads all of it: ask for short pages",
          }),
        }),
        config: { kind: "reference" },
      },
    ),
    async ({ access, db, job, query }) => {
      const { reference } = job.options;
      if (reference === null || job.state !== "completed")
        throw conflict("no-reference", "This job has no reference catalog, or is not over yet.");
      const catalog = await readCatalog(db, access, job.catalogId);
      const other = await readCatalog(db, access, reference);
      const result = { jobId: job.id, run: job.run };
      const { present, verify = false } = query;
      return readPage(query, BY_IMAGE, async ({ after, limit }) => {
        const found = [];
        for (let from = after; found.length < limit; ) {
          const isPresent = present === true || null;
          const images = await listByReference(db, catalog, { ...result, after: from, limit, isPresent });
          const answers = await answersOf({ db, picturesOf }, other, result, images, verify);
          found.push(...answers.filter(({ answer }) => present === undefined || present === (answer === "have")));
          const last = images.at(-1);
          if (last === undefined || images.length < limit) break;
          from = last.ordinal;
        }
        return found.slice(0, limit);
      });
    },
  );

  app.get(
    "/jobs/:job/unlisted-files",
    operation(
      "Files that a job with a reference found and could not compare: companions, films, camera raw, unreadable ones",
      { 200: pageOf(UnlistedFileResource) },
      { querystring: PageQuery },
    ),
    async ({ db, job: { id }, query }) => readPage(query, BY_NUMBER, (page) => listUnlisted(db, id, page)),
  );

  app.get(
    "/jobs/:job/progress",
    {
      sse: "only",
      ...operation(
        "The job as server-sent events, one a second at most, until it is over",
        { 200: z.any().meta({ description: "Events named `progress`, each a Job" }), 406: Problem },
        {
          description: "A client that comes back with `Last-Event-ID` is sent only what it has not seen.",
          produces: ["text/event-stream"],
          config: { kind: "stream" },
        },
      ),
    },
    async (request, reply) => {
      if (request.method === "HEAD") return reply.type("text/event-stream").send("");
      const { db } = request;
      const jobId = request.job.id;
      /** null = the stream's key is not valid any more. */
      const readNow = async () => {
        const access = await app.accessOf(request);
        return access === null ? null : jobResource(db, await readJob(db, access, jobId));
      };
      const closed = new Promise((resolve) => reply.raw.once("close", resolve));
      let sent = reply.sse.lastEventId;
      while (reply.sse.isConnected && !closing) {
        const job = await readNow().catch((error: unknown) => {
          if (!isUnavailable(error)) throw error;
          return "unavailable" as const;
        });
        if (job === null) return undefined;
        // PostgreSQL is away for a moment: the stream goes on when it is back.
        if (job === "unavailable") {
          await sleep(PROGRESS_INTERVAL_MS);
          continue;
        }
        // The id depends on the state alone, so a client that connects again does not receive a state twice.
        const id = createHash("sha256").update(JSON.stringify(job)).digest("base64url").slice(0, 22);
        // A client that does not read is disconnected while the event waits for it.
        if (id !== sent) await Promise.race([reply.sse.send({ id, event: "progress", data: job }), closed]);
        sent = id;
        if (job.phase === "done") return undefined;
        await sleep(PROGRESS_INTERVAL_MS);
      }
    },
  );
};

/** Why one more job is not accepted now; null = it is. */
const fullJobs = async (db: Db, tenant: string): Promise<string | null> => {
  const { perTenant, inAll } = ACTIVE_JOBS;
  const active = await countActiveJobs(db, tenant);
  if (active >= perTenant)
    return `${active} of your jobs are not over; at most ${perTenant} may be. Wait until one is over, or cancel one.`;
  if ((await countAllActiveJobs(db)) >= inAll)
    return `This server has ${inAll} jobs of all tenants that are not over, and takes no more. Try again when some of them are over.`;
  return null;
};
