import { fastifySSE } from "@fastify/sse";
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { Logger } from "@lookalike/shared/runtime/log";
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from "fastify";
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { answerClientError, answerProblem, notFound } from "./http/problems.ts";
import { observe } from "./plugins/observe.ts";
import { documentOf } from "./plugins/openapi.ts";
import { reviewPage } from "./plugins/review-page.ts";
import { type Version1Parts, version1 } from "./routes/version-1.ts";

/** What the application works with. */
export interface AppParts extends Version1Parts {
  readonly log: Logger;
  readonly health: {
    readonly postgres: () => Promise<boolean>;
    readonly nats: () => boolean;
  };
  /** A request must arrive whole within this time: a client that sends it byte by byte loses its connection. */
  readonly requestMs: number;
}

const HEADERS_MS = 60_000;
const IDLE_MS = 100;

/** The HTTP application; main.ts connects and runs it. */
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
    frameworkErrors: answerProblem,
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(answerProblem);
  observe(app);
  // While the server closes, requests in progress are answered, and each connection is closed once it is idle.
  app.addHook("preClose", async () => {
    const timer = setInterval(() => app.server.closeIdleConnections(), IDLE_MS).unref();
    app.server.once("close", () => clearInterval(timer));
  });
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
