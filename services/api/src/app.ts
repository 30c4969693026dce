import { fastifySSE } from "@fastify/sse";
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import { type ConnectionLimits, limitConnections } from "@lookalike/shared/runtime/limit-connections";
import type { Logger } from "@lookalike/shared/runtime/log";
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from "fastify";
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { answerClientError, answerProblem, notFound } from "./http/problems.ts";
import { serializeInSlices } from "./http/serialize-in-slices.ts";
import { limitRequests } from "./limits/limit-requests.ts";
import { HEADERS_SECONDS, IDLE_SECONDS, LIMITS } from "./limits/limits.ts";
import { serveInTurns } from "./limits/serve-in-turns.ts";
import { secureHeaders } from "./plugins/headers.ts";
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
  readonly requestsPerMinute: number;
  readonly connections: ConnectionLimits;
  /** Proxies whose X-Forwarded-* headers are believed: addresses, ranges, or names of ranges. */
  readonly trustedProxies: readonly string[];
}

/** Its scripts are files of its own; it writes styles into its elements. */
const DOCS_POLICY =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const IDLE_MS = 100;
/** How often requests that take too long to arrive are looked for. */
const ARRIVAL_CHECKS_MS = 5_000;

/** The HTTP application; main.ts connects and runs it. */
export const createApp = async (parts: AppParts): Promise<FastifyInstance> => {
  const { health, requestMs, trustedProxies } = parts;
  const app: FastifyInstance = fastify({
    serverFactory: serveInTurns({
      requestTimeout: requestMs,
      keepAliveTimeout: IDLE_SECONDS * 1_000,
      headersTimeout: Math.min(requestMs, HEADERS_SECONDS * 1_000),
      connectionsCheckingInterval: Math.min(requestMs / 4, ARRIVAL_CHECKS_MS),
    }),
    loggerInstance: parts.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: LIMITS.write.bodyBytes,
    clientErrorHandler: answerClientError,
    forceCloseConnections: "idle",
    frameworkErrors: answerProblem,
    trustProxy: trustedProxies.length === 0 ? false : [...trustedProxies],
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(answerProblem);
  const connections = limitConnections(app.server, parts.connections);
  secureHeaders(app);
  serializeInSlices(app);
  observe(app);
  await limitRequests(app, parts.requestsPerMinute, connections);
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
  await app.register(swaggerUi, { routePrefix: "/docs", staticCSP: DOCS_POLICY });
  await app.register(fastifySSE);
  await app.register(version1(parts), { prefix: "/v1" });
  await app.register(reviewPage);
  app.get("/openapi.json", { schema: { hide: true } }, async () => app.swagger());
  const config = { kind: null, rateLimit: false } as const;
  app.get("/healthz", { schema: { hide: true }, config }, async () => ({ status: "ok" }));
  app.get("/readyz", { schema: { hide: true }, config }, async (_request, reply) => {
    const state = { postgres: await health.postgres(), nats: health.nats() };
    return reply.code(state.postgres && state.nats ? 200 : 503).send(state);
  });
  return app;
};
