import rateLimit from "@fastify/rate-limit";
import { fastifySSE } from "@fastify/sse";
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { Logger } from "@lookalike/shared/runtime/log";
import type { AllowedSources } from "@lookalike/shared/sources/source-roots";
import type { Db } from "@lookalike/shared/store/open";
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from "fastify";
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import type { Archiver } from "./archive/archiver.ts";
import { answerClientError, answerProblem, HttpProblem, notFound } from "./http/problems.ts";
import type { Thumbnails } from "./pictures/thumbnails.ts";
import { requireAccess } from "./plugins/access.ts";
import { honourIdempotencyKeys } from "./plugins/idempotency.ts";
import { observe } from "./plugins/observe.ts";
import { documentOf } from "./plugins/openapi.ts";
import { cacheResponses } from "./plugins/response-cache.ts";
import { reviewPage } from "./plugins/review-page.ts";
import { createNearest } from "./query/nearest.ts";
import { Problem } from "./resources/problem.ts";
import { accessRoutes } from "./routes/access.ts";
import { archiveRoutes } from "./routes/archives.ts";
import { catalogRoutes } from "./routes/catalogs.ts";
import { decisionRoutes } from "./routes/decisions.ts";
import { exportRoutes } from "./routes/exports.ts";
import { groupRoutes } from "./routes/groups.ts";
import { imageRoutes } from "./routes/images.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { queryRoutes } from "./routes/query.ts";
import { webhookRoutes } from "./routes/webhooks.ts";

/** What the application works with. */
export interface AppParts {
  readonly db: Db;
  readonly log: Logger;
  readonly archiver: Archiver;
  readonly health: {
    readonly postgres: () => Promise<boolean>;
    readonly nats: () => boolean;
  };
  /** What sources may be made of. */
  readonly sources: AllowedSources;
  readonly thumbnails: Thumbnails;
  readonly requestsPerMinute: number;
  /** A client that trickles its request does not keep a connection for longer. */
  readonly requestMs: number;
  /** Whether webhooks may lead into private networks. */
  readonly webhooksInside: boolean;
}

const HEADERS_MS = 60_000;

/** The HTTP application, apart from how it is run. */
export const createApp = async (parts: AppParts): Promise<FastifyInstance> => {
  const { health, requestMs } = parts;
  const app: FastifyInstance = fastify({
    loggerInstance: parts.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 1_048_576,
    requestTimeout: requestMs,
    http: { headersTimeout: Math.min(requestMs, HEADERS_MS), connectionsCheckingInterval: requestMs / 4 },
    clientErrorHandler: answerClientError,
    forceCloseConnections: "idle",
    frameworkErrors: (error, request, reply) => {
      answerProblem(error, request, reply);
    },
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(answerProblem);
  observe(app);
  letConnectionsGo(app);
  app.setNotFoundHandler((request) => {
    throw notFound("resource", request.url);
  });
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Lookalike",
        version: "1",
        description: "Finds the duplicate and near-duplicate images of a photo catalog.",
      },
      components: { securitySchemes: { key: { type: "http", scheme: "bearer" } } },
      security: [{ key: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: documentOf,
  });
  await app.register(swaggerUi, { routePrefix: "/docs" });
  await app.register(fastifySSE);
  await app.register(version1(parts), { prefix: "/v1" });
  await app.register(reviewPage);
  app.get("/openapi.json", { schema: { hide: true } }, async () => app.swagger());
  app.get("/healthz", { schema: { hide: true } }, async () => ({ status: "ok" }));
  app.get("/readyz", { schema: { hide: true } }, async (_request, reply) => {
    const state = { postgres: await health.postgres(), nats: health.nats() };
    return reply.code(state.postgres && state.nats ? 200 : 503).send(state);
  });
  return app;
};

const IDLE_MS = 100;

/** While the server closes, what is in hand is answered; a connection goes as soon as it asks for nothing more. */
const letConnectionsGo = (app: FastifyInstance): void => {
  app.addHook("preClose", async () => {
    const timer = setInterval(() => app.server.closeIdleConnections(), IDLE_MS).unref();
    app.server.once("close", () => clearInterval(timer));
  });
};

/** What any request may be answered: each route's schema says so. */
const ANYWHERE = { 400: Problem, 401: Problem, 403: Problem, 414: Problem, 429: Problem };
const ANY_POST = { 409: Problem, 413: Problem, 415: Problem, 422: Problem };

/** Hashes held for queries: eight million of 256 bits. */
const HASH_CACHE_BYTES = 268_435_456;

/** Everything that needs a key. */
const version1 =
  ({ db, archiver, sources, thumbnails, requestsPerMinute, webhooksInside }: AppParts) =>
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
      accessRoutes(db),
      catalogRoutes(db, sources),
      imageRoutes(db, thumbnails),
      jobRoutes(db),
      groupRoutes(db),
      decisionRoutes(db),
      exportRoutes(db),
      archiveRoutes(db, archiver),
      webhookRoutes(db, webhooksInside),
      queryRoutes(db, createNearest(db, HASH_CACHE_BYTES)),
    ];
    for (const plugin of routes) await app.register(plugin);
  };
