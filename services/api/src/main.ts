import { DEFAULT_API_PORT, integer, ServiceEnvironment } from "@lookalike/shared/runtime/config";
import { EXIT, OperatorError } from "@lookalike/shared/runtime/errors";
import { runService } from "@lookalike/shared/service/run";
import { SourceBuckets, SourceRoots } from "@lookalike/shared/sources/source-roots";
import { insertAccessKey } from "@lookalike/shared/store/access/access-keys";
import { z } from "zod";
import { createApp } from "./app.ts";
import { createArchiver } from "./archive/archiver.ts";
import { createThumbnails, ThumbnailLocation } from "./pictures/thumbnails.ts";
import { startDeliveries } from "./webhooks/deliver.ts";

const Environment = ServiceEnvironment.extend({
  LOOKALIKE_HOST: z.string().default("127.0.0.1").meta({ description: "Address the API listens on" }),
  LOOKALIKE_PORT: integer({
    min: 0,
    max: 65_535,
    default: DEFAULT_API_PORT,
    about: "Port the API listens on; 0 = a free one",
  }),
  LOOKALIKE_SOURCE_ROOTS: SourceRoots,
  LOOKALIKE_SOURCE_BUCKETS: SourceBuckets,
  LOOKALIKE_THUMBNAILS: ThumbnailLocation,
  LOOKALIKE_FIRST_KEY: z
    .string()
    .regex(
      /^lk_[\w-]{43}$/,
      "must be lk_ and 43 characters of base64url: lk_$(openssl rand -base64 32 | tr +/ -_ | tr -d =)",
    )
    .optional()
    .meta({ description: "An access key of scope admin for the tenant `default`, stored at start" }),
  LOOKALIKE_WEBHOOKS_INSIDE: z
    .stringbool()
    .default(false)
    .meta({ description: "true: webhooks may lead to http addresses and into private networks" }),
  LOOKALIKE_WEBHOOK_RETRY_SECONDS: z
    .string()
    .regex(/^\d+(,\d+)*$/, "must be seconds, separated by commas")
    .default("5,300,1800,7200,18000,36000,50400")
    .transform((text) => text.split(",").map(Number))
    .meta({ description: "Seconds before each further attempt of a webhook" }),
  LOOKALIKE_REQUESTS_PER_MINUTE: integer({
    min: 1,
    default: 12_000,
    about: "Requests a minute of one access key; more are answered 429",
  }),
});

const REQUEST_MS = 120_000;

runService({
  name: "api",
  environment: Environment,
  connections: 10,
  async start({ environment, bus, store, log }) {
    const archiver = createArchiver(store, log);
    const health = { postgres: store.isReachable, nats: bus.isConnected };
    const { LOOKALIKE_FIRST_KEY: key, LOOKALIKE_SOURCE_ROOTS: roots, LOOKALIKE_SOURCE_BUCKETS: buckets } = environment;
    if (key !== undefined) await insertAccessKey(store.db, { key, tenant: "default", name: "owner", scope: "admin" });
    const requestsPerMinute = environment.LOOKALIKE_REQUESTS_PER_MINUTE;
    const webhooksInside = environment.LOOKALIKE_WEBHOOKS_INSIDE;
    const app = await createApp({
      ...{ db: store.db, log, health, archiver },
      ...{ sources: { roots, buckets }, requestsPerMinute, webhooksInside },
      requestMs: REQUEST_MS,
      thumbnails: createThumbnails(environment.LOOKALIKE_THUMBNAILS, log),
    });
    archiver.resume();
    const deliveries = startDeliveries(store.db, log, {
      retrySeconds: environment.LOOKALIKE_WEBHOOK_RETRY_SECONDS,
      allowsInside: webhooksInside,
    });
    const { LOOKALIKE_HOST: host, LOOKALIKE_PORT: port } = environment;
    const address = await app.listen({ host, port }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EADDRINUSE") throw error;
      throw new OperatorError(
        `LOOKALIKE_PORT=${port}: that port is in use on ${host}. Stop what uses it, or set LOOKALIKE_PORT to a free one.`,
        EXIT.unavailable,
      );
    });
    log.info({ address }, "listening");
    process.send?.({ address });
    const stop = async () => {
      await app.close();
      await Promise.all([archiver.stop(), deliveries.stop()]);
    };
    return { stop, status: async () => ({ address }), endpoints: [] };
  },
});
