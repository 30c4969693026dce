import { fastifySSE } from "@fastify/sse";
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { Logger } from "@lookalike/shared/runtime/log";
import type { Db } from "@lookalike/shared/store/open";
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from "fastify";
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from "fastify-type-provider-zod";
import type { Archiver } from "./archive/archiver.ts";
import { answerProblem, notFound } from "./problem.ts";
import { reviewPage } from "./review-page.ts";
import { archiveRoutes } from "./routes/archives.ts";
import { catalogRoutes } from "./routes/catalogs.ts";
import { decisionRoutes } from "./routes/decisions.ts";
import { exportRoutes } from "./routes/exports.ts";
import { groupRoutes } from "./routes/groups.ts";
import { imageRoutes } from "./routes/images.ts";
import { jobRoutes } from "./routes/jobs.ts";

interface Health {
  readonly postgres: () => Promise<boolean>;
  readonly nats: () => boolean;
}

/** The HTTP application, apart from how it is run. */
export const createApp = async (db: Db, log: Logger, health: Health, archiver: Archiver): Promise<FastifyInstance> => {
  const app: FastifyInstance = fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 1_048_576,
    forceCloseConnections: true,
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(answerProblem);
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
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  await app.register(swaggerUi, { routePrefix: "/docs" });
  await app.register(fastifySSE);
  const routes = [
    catalogRoutes(db),
    imageRoutes(db),
    jobRoutes(db),
    groupRoutes(db),
    decisionRoutes(db),
    exportRoutes(db),
    archiveRoutes(db, archiver),
  ];
  for (const plugin of routes) await app.register(plugin, { prefix: "/v1" });

  await app.register(reviewPage);
  app.get("/openapi.json", { schema: { hide: true } }, async () => app.swagger());
  app.get("/healthz", { schema: { hide: true } }, async () => ({ status: "ok" }));
  app.get("/readyz", { schema: { hide: true } }, async (_request, reply) => {
    const state = { postgres: await health.postgres(), nats: health.nats() };
    return reply.code(state.postgres && state.nats ? 200 : 503).send(state);
  });
  return app;
};
