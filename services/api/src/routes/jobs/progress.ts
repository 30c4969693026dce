import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Db } from "@lookalike/shared/store/open";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { Problem } from "../../http/problems.ts";
import { JobParams, jobReader } from "../../http/tenant-scope.ts";
import { jobResource } from "../../resources/job.ts";

const PROGRESS_INTERVAL_MS = 1_000;

export const progressRoutes =
  (db: Db): FastifyPluginAsyncZod =>
  async (app) => {
    const readJob = jobReader(db);
    let closing = false;
    app.addHook("preClose", async () => {
      closing = true;
    });

    app.get(
      "/jobs/:job/progress",
      {
        sse: "only",
        schema: {
          summary: "The job as server-sent events, one a second at most, until it is over",
          description: "A client that comes back with `Last-Event-ID` is sent only what it has not seen.",
          params: JobParams,
          produces: ["text/event-stream"],
          response: {
            200: z.any().meta({ description: "Events named `progress`, each a Job" }),
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
        let sent = reply.sse.lastEventId;
        while (open && !closing) {
          const job = await jobResource(db, await readJob(access, params.job));
          // The id depends on the state alone, so a client that connects again does not receive a state twice.
          const id = createHash("sha256").update(JSON.stringify(job)).digest("base64url").slice(0, 22);
          if (id !== sent) await reply.sse.send({ id, event: "progress", data: job });
          sent = id;
          if (job.phase === "done") return;
          await sleep(PROGRESS_INTERVAL_MS);
        }
      },
    );
  };
