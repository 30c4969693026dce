import rateLimit from "@fastify/rate-limit";
import type { AllowedSources } from "@lookalike/shared/sources/source-roots";
import type { Db } from "@lookalike/shared/store/open";
import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import type { Archiver } from "../archive/archiver.ts";
import { HttpProblem, Problem } from "../http/problems.ts";
import type { Thumbnails } from "../pictures/thumbnails.ts";
import { requireAccess } from "../plugins/access.ts";
import { honourIdempotencyKeys } from "../plugins/idempotency.ts";
import { cacheResponses } from "../plugins/response-cache.ts";
import type { Nearest } from "../query/nearest.ts";
import { archiveRoutes } from "./archives.ts";
import { catalogArchiveRoutes } from "./catalogs/archives.ts";
import { catalogRoutes } from "./catalogs/catalogs.ts";
import { catalogDecisionRoutes } from "./catalogs/decisions.ts";
import { imageRoutes } from "./catalogs/images.ts";
import { catalogJobRoutes } from "./catalogs/jobs.ts";
import { queryRoutes } from "./catalogs/query.ts";
import { jobDecisionRoutes } from "./jobs/decisions.ts";
import { exportRoutes } from "./jobs/export.ts";
import { groupRoutes } from "./jobs/groups.ts";
import { jobRoutes } from "./jobs/jobs.ts";
import { progressRoutes } from "./jobs/progress.ts";
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

/** Responses that routes may give beside those of their own schemas: every route, one of a resource, one with a body. */
const ANYWHERE = { 400: Problem, 401: Problem, 403: Problem, 414: Problem, 429: Problem };
const OF_RESOURCE = { 404: Problem };
const WITH_BODY = { 409: Problem, 413: Problem, 415: Problem, 422: Problem };

/** The routes under /v1: each needs an access key, unless it says otherwise. */
export const version1 =
  ({ db, archiver, sources, thumbnails, nearest, requestsPerMinute, webhooksInside }: Version1Parts) =>
  async (app: FastifyInstance): Promise<void> => {
    app.addHook("onRoute", ({ schema, method, url }) => {
      if (schema === undefined) return;
      schema.response = {
        ...ANYWHERE,
        ...(url.includes(":") ? OF_RESOURCE : {}),
        ...(method === "POST" || method === "PATCH" ? WITH_BODY : {}),
        ...(schema.response as object | undefined),
      };
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
    const routes: [tag: string, plugin: FastifyPluginAsync][] = [
      ["access", sessionRoutes(db)],
      ["access", keyRoutes(db)],
      ["catalogs", catalogRoutes(db, sources)],
      ["images", imageRoutes(db, thumbnails)],
      ["jobs", catalogJobRoutes(db)],
      ["decisions", catalogDecisionRoutes(db)],
      ["archives", catalogArchiveRoutes(db, archiver)],
      ["query", queryRoutes(db, nearest)],
      ["jobs", jobRoutes(db)],
      ["jobs", progressRoutes(db)],
      ["groups", groupRoutes(db)],
      ["decisions", jobDecisionRoutes(db)],
      ["exports", exportRoutes(db)],
      ["archives", archiveRoutes(db, archiver)],
      ["webhooks", webhookRoutes(db, webhooksInside)],
    ];
    for (const [tag, plugin] of routes) await app.register(tagged(tag, plugin));
  };

/** The document lists routes by their tags. */
const tagged =
  (tag: string, plugin: FastifyPluginAsync): FastifyPluginAsync =>
  async (app) => {
    app.addHook("onRoute", ({ schema }) => {
      if (schema !== undefined) schema.tags = [tag];
    });
    await app.register(plugin);
  };
