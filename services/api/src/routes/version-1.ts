import rateLimit from "@fastify/rate-limit";
import type { AllowedSources } from "@lookalike/shared/sources/source-roots";
import type { Db } from "@lookalike/shared/store/open";
import type { FastifyInstance } from "fastify";
import type { Archiver } from "../archive/archiver.ts";
import { HttpProblem } from "../http/problems.ts";
import type { Thumbnails } from "../pictures/thumbnails.ts";
import { requireAccess } from "../plugins/access.ts";
import { honourIdempotencyKeys } from "../plugins/idempotency.ts";
import { cacheResponses } from "../plugins/response-cache.ts";
import type { Nearest } from "../query/nearest.ts";
import { Problem } from "../resources/problem.ts";
import { archiveRoutes } from "./archives.ts";
import { catalogArchiveRoutes } from "./catalogs/archives.ts";
import { catalogRoutes } from "./catalogs/catalogs.ts";
import { catalogDecisionRoutes } from "./catalogs/decisions.ts";
import { imageRoutes } from "./catalogs/images.ts";
import { catalogJobRoutes } from "./catalogs/jobs.ts";
import { queryRoutes } from "./catalogs/query.ts";
import { statisticsRoutes } from "./catalogs/statistics.ts";
import { jobDecisionRoutes } from "./jobs/decisions.ts";
import { exportRoutes } from "./jobs/export.ts";
import { failureRoutes } from "./jobs/failures.ts";
import { groupRoutes } from "./jobs/groups.ts";
import { jobRoutes } from "./jobs/jobs.ts";
import { progressRoutes } from "./jobs/progress.ts";
import { referenceRoutes } from "./jobs/reference.ts";
import { keyRoutes } from "./keys.ts";
import { sessionRoutes } from "./session.ts";
import { webhookRoutes } from "./webhooks.ts";

/** What the routes work with. */
export interface Version1Parts {
  readonly db: Db;
  readonly archiver: Archiver;
  /** The folders and buckets that a source may be in. */
  readonly sources: AllowedSources;
  readonly thumbnails: Thumbnails;
  readonly nearest: Nearest;
  readonly requestsPerMinute: number;
  /** Whether webhooks may lead into private networks. */
  readonly webhooksInside: boolean;
}

/** Responses that every route may give; its schema lists them. */
const ANYWHERE = { 400: Problem, 401: Problem, 403: Problem, 414: Problem, 429: Problem };
const ANY_POST = { 409: Problem, 413: Problem, 415: Problem, 422: Problem };

/** The routes under /v1: each needs an access key, unless it says otherwise. */
export const version1 =
  ({ db, archiver, sources, thumbnails, nearest, requestsPerMinute, webhooksInside }: Version1Parts) =>
  async (app: FastifyInstance): Promise<void> => {
    app.addHook("onRoute", ({ schema, method }) => {
      if (schema === undefined) return;
      const hasBody = method === "POST" || method === "PATCH";
      schema.response = { ...ANYWHERE, ...(hasBody ? ANY_POST : {}), ...(schema.response as object | undefined) };
    });
    await requireAccess(app, db);
    await app.register(rateLimit, {
      max: requestsPerMinute,
      timeWindow: 60_000,
      hook: "preHandler",
      keyGenerator: ({ access, ip }) => access?.keyId ?? ip,
      errorResponseBuilder: (_request, { after }) =>
        new HttpProblem(429, "too-many-requests", `More than ${requestsPerMinute} requests a minute. Wait ${after}.`),
    });
    honourIdempotencyKeys(app, db);
    cacheResponses(app, db);
    const routes = [
      sessionRoutes(db),
      keyRoutes(db),
      catalogRoutes(db, sources),
      statisticsRoutes(db),
      imageRoutes(db, thumbnails),
      catalogJobRoutes(db),
      catalogDecisionRoutes(db),
      catalogArchiveRoutes(db, archiver),
      queryRoutes(db, nearest),
      jobRoutes(db),
      progressRoutes(db),
      groupRoutes(db),
      jobDecisionRoutes(db),
      failureRoutes(db),
      referenceRoutes(db),
      exportRoutes(db),
      archiveRoutes(db, archiver),
      webhookRoutes(db, webhooksInside),
    ];
    for (const plugin of routes) await app.register(plugin);
  };
