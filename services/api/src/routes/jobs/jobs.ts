import { JOB_COMMANDS, jobCommand } from "@lookalike/shared/bus/messages";
import { addToOutbox } from "@lookalike/shared/store/jobs/outbox";
import type { Db } from "@lookalike/shared/store/open";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { JobParams, jobReader } from "../../http/tenant-scope.ts";
import { Job, jobResource } from "../../resources/job.ts";
import { Problem } from "../../resources/problem.ts";

export const jobRoutes =
  (db: Db): FastifyPluginAsyncZod =>
  async (app) => {
    const readJob = jobReader(db);

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
  };
